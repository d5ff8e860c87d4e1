/** The decisions of feature computation that differ between releases. */
import { getU16 } from "../../bytes/view.js";
import { skbHeaderBytes } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { IP_DF, IPV4_FRAG_OFF, IPV4_HLEN } from "../../wire/ipv4.js";
import { hasIpv6ExtensionHeader } from "./extensionHeaders.js";
import type { NetDevice } from "./NetDevice.js";

export const devSeams = {
  /** Above which length a packet is segmented in software whatever the device can do. */
  gsoMaxSize: (device: NetDevice, ipv6: boolean): number => (ipv6 ? device.gsoMaxSize : device.gsoIpv4MaxSize),

  /** Whether the IPv4 header `nhoff` behind `data`, linear or not, forbids fragments; false where there is none. */
  forbidsFragments: (skb: SkBuff, nhoff: number): boolean => {
    const header = skbHeaderBytes(skb, nhoff, IPV4_HLEN);
    return header !== null && (getU16(header, IPV4_FRAG_OFF) & IP_DF) !== 0;
  },

  /** Whether IPv6 extension headers keep a GSO packet from devices that sum IPv6 by its headers. */
  gsoStoppedByExtensionHeader: (skb: SkBuff): boolean => hasIpv6ExtensionHeader(skb),

  /** The same for a packet of which only the checksum is left to the device. */
  csumStoppedByExtensionHeader: (skb: SkBuff): boolean => hasIpv6ExtensionHeader(skb),
};
export type DevSeams = typeof devSeams;
