/** The decisions of feature computation that differ between releases. */
import type { NetDevice } from "./NetDevice.js";

export const devSeams = {
  /** Above which length a packet is segmented in software whatever the device can do. */
  gsoMaxSize: (device: NetDevice, ipv6: boolean): number => (ipv6 ? device.gsoMaxSize : device.gsoIpv4MaxSize),

  /** Whether IPv6 extension headers are looked for in packets that are not TCP or UDP GSO. */
  seesAllExtensionHeaders: (): boolean => true,
};
export type DevSeams = typeof devSeams;
