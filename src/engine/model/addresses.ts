/** The addresses and ports that recipes are built with. */
import type { PacketRecipe } from "../../recipe/Recipe.js";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** `fd00::` or `ff12::` followed by a last group. */
function ipv6(first: number, second: number, last: number): Uint8Array {
  const out = new Uint8Array(16);
  out.set([first, second]);
  out.set([last >>> 8, last & 0xff], 14);
  return out;
}

const SOURCE_MAC = bytes(0x02, 0, 0, 0, 0, 0x01);
const HOST_MAC = bytes(0x02, 0, 0, 0, 0, 0x02);

export const ADDRESSES = {
  ipv4: {
    source: bytes(10, 0, 0, 1),
    otherSource: bytes(192, 0, 2, 77),
    host: bytes(10, 0, 0, 2),
    group: bytes(239, 1, 2, 3),
    otherDestination: bytes(198, 51, 100, 9),
    mac: { source: SOURCE_MAC, host: HOST_MAC, group: bytes(0x01, 0, 0x5e, 0x01, 0x02, 0x03) },
  },
  ipv6: {
    source: ipv6(0xfd, 0, 1),
    otherSource: ipv6(0xfd, 1, 0x77),
    host: ipv6(0xfd, 0, 2),
    group: ipv6(0xff, 0x12, 0x1234),
    otherDestination: ipv6(0xfd, 2, 9),
    mac: { source: SOURCE_MAC, host: HOST_MAC, group: bytes(0x33, 0x33, 0, 0, 0x12, 0x34) },
  },
} as const;

export const PORTS = { source: 1000, otherSource: 4001, destination: 2000, otherDestination: 5002 } as const;

/** The ends of tunnels, at every level the same. */
export const TUNNEL_ADDRESSES = {
  ipv4: { source: bytes(192, 0, 2, 1), host: bytes(192, 0, 2, 2) },
  ipv6: { source: ipv6(0xfd, 1, 1), host: ipv6(0xfd, 1, 2) },
} as const;

/** On the link that the tunnel goes over. */
export const TUNNEL_MAC = { source: bytes(0x02, 0, 0, 0, 0, 0xa1), dest: bytes(0x02, 0, 0, 0, 0, 0xa2) } as const;

/** VXLAN has a source port for each flow. */
export const VXLAN_SOURCE_PORT = 50_000;

interface Macs {
  readonly source: Uint8Array;
  readonly dest: Uint8Array;
}

/** The link addresses of the packet itself. */
export function innerMacOf({ family, cast }: PacketRecipe): Macs {
  const { source, group, host } = ADDRESSES[family].mac;
  return { source, dest: cast === "multicast" ? group : host };
}
