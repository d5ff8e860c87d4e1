/** What transport layers want to know of the IP header in front of them while a packet is inside receive offload. */
import { pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { IPV4_DADDR, IPV4_SADDR } from "../../wire/ipv4.js";
import { IPV6_DADDR, IPV6_SADDR } from "../../wire/ipv6.js";
import { UDP_DEST, UDP_SOURCE } from "../../wire/udp.js";
import type { ComputePseudo } from "../core/gro/checksum.js";
import { groReadBytes, groReadU16, groWindowAt } from "../core/gro/groHeader.js";
import { skbGroLen } from "../core/gro/napiGroCb.js";
import { skbGroReceiveNetworkOffset } from "../core/gro/networkFlush.js";
import type { FourTuple } from "../core/NetDevice.js";

const IPV4_ALEN = 4;
const IPV6_ALEN = 16;

/** Reads one family's addresses. Offsets of IP and transport header count from `data`. */
export interface GroAddresses {
  /** TCP has its ports where UDP has them. */
  tuple(skb: SkBuff, nhoff: number, thoff: number): FourTuple;
  /** The unfolded pseudo header sum for `len` bytes. */
  pseudo(skb: SkBuff, nhoff: number, len: number, proto: number): number;
}

export const ipv4Addresses: GroAddresses = {
  tuple: (skb, nhoff, thoff) => readTuple(skb, nhoff + IPV4_SADDR, nhoff + IPV4_DADDR, IPV4_ALEN, thoff),
  pseudo: (skb, nhoff, len, proto) => {
    const at = groWindowAt(skb, nhoff + IPV4_SADDR, 2 * IPV4_ALEN);
    return pseudoSumV4(skb.mem.arena.bytes, at, at + IPV4_ALEN, len, proto, 0);
  },
};

export const ipv6Addresses: GroAddresses = {
  tuple: (skb, nhoff, thoff) => readTuple(skb, nhoff + IPV6_SADDR, nhoff + IPV6_DADDR, IPV6_ALEN, thoff),
  pseudo: (skb, nhoff, len, proto) => {
    const at = groWindowAt(skb, nhoff + IPV6_SADDR, 2 * IPV6_ALEN);
    return pseudoSumV6(skb.mem.arena.bytes, at, at + IPV6_ALEN, len, proto, 0);
  },
};

function readTuple(skb: SkBuff, saddr: number, daddr: number, alen: number, thoff: number): FourTuple {
  return {
    saddr: groReadBytes(skb, saddr, alen),
    daddr: groReadBytes(skb, daddr, alen),
    source: groReadU16(skb, thoff + UDP_SOURCE),
    dest: groReadU16(skb, thoff + UDP_DEST),
  };
}

/** For what lies behind the gro offset. @kernel inet_gro_compute_pseudo, ip6_gro_compute_pseudo include/net/gro.h */
export const groComputePseudo =
  (addresses: GroAddresses): ComputePseudo =>
  (skb, proto) =>
    addresses.pseudo(skb, skbGroReceiveNetworkOffset(skb), skbGroLen(skb), proto);
