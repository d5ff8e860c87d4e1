/**
 * What tunnels over UDP have in common when they send: what is inside becomes the inner packet, then a UDP and an IP
 * header go in front. Left out: the errors that come back, path MTU, remote checksum offload, other namespaces.
 */
import { CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../../abi/features.js";
import { CSUM_MANGLED_0, csumFold, csumPartial, pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import { concat } from "../../bytes/concat.js";
import { linearAt, putBytes, readU16, writeU8, writeU16, writeU32 } from "../../skb/bytes.js";
import type { Errno } from "../../skb/errno.js";
import { skbHeaderUnclone } from "../../skb/expand.js";
import {
  skbPushInner,
  skbResetInnerHeaders,
  skbResetNetworkHeader,
  skbResetTransportHeader,
} from "../../skb/pushPull.js";
import { PACKET_HOST, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import {
  IPV4_DADDR,
  IPV4_FRAG_OFF,
  IPV4_HLEN,
  IPV4_ID,
  IPV4_PROTOCOL,
  IPV4_SADDR,
  IPV4_TOS,
  IPV4_TTL,
  IPV4_VERSION_IHL,
} from "../../wire/ipv4.js";
import {
  IPV6_DADDR,
  IPV6_FLOW,
  IPV6_HLEN,
  IPV6_HOP_LIMIT,
  IPV6_NEXTHDR,
  IPV6_PAYLOAD_LEN,
  IPV6_SADDR,
} from "../../wire/ipv6.js";
import { IPPROTO_UDP, UDP_CHECK, UDP_DEST, UDP_HLEN, UDP_LEN, UDP_SOURCE } from "../../wire/udp.js";
import { skbIsGso } from "../core/features.js";
import type { Netns } from "../core/Netns.js";
import { ip6LocalOut } from "../ipv6/ip6Output.js";
import type { NetKernel } from "../NetKernel.js";
import { ipLocalOut } from "./ipOutput.js";

/** The headers that a tunnel puts in front. Addresses have 4 or 16 bytes. */
export interface OuterHeaders {
  readonly saddr: Uint8Array;
  readonly daddr: Uint8Array;
  readonly source: number;
  readonly dest: number;
  /** @kernel tos for IPv4, prio for IPv6 */
  readonly tos: number;
  readonly ttl: number;
  /** IP_DF or 0; of IPv4 alone. */
  readonly df: number;
  /** The UDP checksum stays 0. */
  readonly nocheck: boolean;
}

/**
 * Says what the packet is, before tunnel headers go in front: an inner packet whose type gains the tunnel's, or one
 * whose checksum is complete and need not be known as inner.
 *
 * @kernel iptunnel_handle_offloads net/ipv4/ip_tunnel_core.c v6.12
 */
export function iptunnelHandleOffloads(skb: SkBuff, gsoType: number): Errno {
  if (!skb.encapsulation) {
    skbResetInnerHeaders(skb);
    skb.encapsulation = true;
  }
  if (skbIsGso(skb)) {
    const err = skbHeaderUnclone(skb);
    if (err !== 0) return err;
    skb.shinfo.gsoType |= gsoType;
    return 0;
  }
  if (skb.ipSummed !== CHECKSUM_PARTIAL) {
    skb.ipSummed = CHECKSUM_NONE;
    // Were the outer checksum made partial now, a driver could take it for the inner one.
    skb.encapsulation = false;
  }
  return 0;
}

/**
 * The outer sum without touching the payload: once the inner checksum is complete, everything from its start on sums up
 * to the complement of what stands in its field now.
 *
 * @kernel lco_csum include/linux/skbuff.h
 */
function lcoCsum(skb: SkBuff): number {
  const partial = ~readU16(skb, skb.csumStart + skb.csumOffset) >>> 0;
  const n = skb.csumStart - skb.transportHeader;
  return csumPartial(skb.mem.arena.bytes, linearAt(skb, skb.transportHeader, n), n, partial);
}

/** The unfolded pseudo-header sum of a UDP packet of `len` bytes, added to `init`. @kernel csum_tcpudp_nofold, csum_ipv6_magic */
function pseudoSum(saddr: Uint8Array, daddr: Uint8Array, len: number, init: number): number {
  const sum = saddr.length === 4 ? pseudoSumV4 : pseudoSumV6;
  return sum(concat([saddr, daddr]), 0, saddr.length, len, IPPROTO_UDP, init);
}

/**
 * Fills the checksum of the UDP header at `transport_header`: complete, where it can be had without summing the payload,
 * or left to the device.
 *
 * @kernel udp_set_csum net/ipv4/udp.c and udp6_set_csum net/ipv6/ip6_checksum.c v6.12: they differ in the addresses
 */
export function udpSetCsum(
  nocheck: boolean,
  skb: SkBuff,
  { saddr, daddr }: Pick<OuterHeaders, "saddr" | "daddr">,
  len: number,
): void {
  const field = skb.transportHeader + UDP_CHECK;
  const seed = (): number => ~csumFold(pseudoSum(saddr, daddr, len, 0)) & 0xffff;
  if (nocheck) {
    writeU16(skb, field, 0);
  } else if (skbIsGso(skb)) {
    writeU16(skb, field, seed());
  } else if (skb.ipSummed === CHECKSUM_PARTIAL) {
    writeU16(skb, field, 0);
    writeU16(skb, field, csumFold(pseudoSum(saddr, daddr, len, lcoCsum(skb))) || CSUM_MANGLED_0);
  } else {
    skb.ipSummed = CHECKSUM_PARTIAL;
    skb.csumStart = skb.transportHeader;
    skb.csumOffset = UDP_CHECK;
    writeU16(skb, field, seed());
  }
}

function pushUdpHeader(skb: SkBuff, { source, dest }: OuterHeaders): void {
  skbPushInner(skb, UDP_HLEN);
  skbResetTransportHeader(skb);
  writeU16(skb, skb.data + UDP_DEST, dest);
  writeU16(skb, skb.data + UDP_SOURCE, source);
  writeU16(skb, skb.data + UDP_LEN, skb.len);
}

/** UDP and IPv4 in front of `data`, then out. Consumes the packet. @kernel udp_tunnel_xmit_skb net/ipv4/udp_tunnel_core.c v6.12 */
export function udpTunnelXmitSkb(k: NetKernel, net: Netns, skb: SkBuff, outer: OuterHeaders): void {
  pushUdpHeader(skb, outer);
  udpSetCsum(outer.nocheck, skb, outer, skb.len);
  iptunnelXmit(k, net, skb, outer);
}

/** @kernel iptunnel_xmit net/ipv4/ip_tunnel_core.c v6.12 */
function iptunnelXmit(k: NetKernel, net: Netns, skb: SkBuff, outer: OuterHeaders): void {
  skbScrubPacket(skb);
  skbPushInner(skb, IPV4_HLEN);
  skbResetNetworkHeader(skb);
  const at = skb.networkHeader;
  writeU8(skb, at + IPV4_VERSION_IHL, 0x45);
  writeU16(skb, at + IPV4_FRAG_OFF, outer.df);
  writeU8(skb, at + IPV4_PROTOCOL, IPPROTO_UDP);
  writeU8(skb, at + IPV4_TOS, outer.tos);
  putBytes(skb, at + IPV4_DADDR, outer.daddr);
  putBytes(skb, at + IPV4_SADDR, outer.saddr);
  writeU8(skb, at + IPV4_TTL, outer.ttl);
  writeU16(skb, at + IPV4_ID, net.selectIpv4Id(skb.shinfo.gsoSegs || 1));
  skb.protocol = ETH_P_IP;
  ipLocalOut(k, net, skb);
}

/** UDP and IPv6 in front of `data`, then out. Consumes the packet. @kernel udp_tunnel6_xmit_skb net/ipv6/ip6_udp_tunnel.c v6.12 */
export function udpTunnel6XmitSkb(k: NetKernel, net: Netns, skb: SkBuff, outer: OuterHeaders): void {
  pushUdpHeader(skb, outer);
  udpSetCsum(outer.nocheck, skb, outer, skb.len);
  skbPushInner(skb, IPV6_HLEN);
  skbResetNetworkHeader(skb);
  const at = skb.networkHeader;
  writeU32(skb, at + IPV6_FLOW, (0x6000_0000 | (outer.tos << 20)) >>> 0);
  writeU16(skb, at + IPV6_PAYLOAD_LEN, skb.len);
  writeU8(skb, at + IPV6_NEXTHDR, IPPROTO_UDP);
  writeU8(skb, at + IPV6_HOP_LIMIT, outer.ttl);
  putBytes(skb, at + IPV6_DADDR, outer.daddr);
  putBytes(skb, at + IPV6_SADDR, outer.saddr);
  skb.protocol = ETH_P_IPV6;
  ip6LocalOut(k, net, skb);
}

/** What a packet must not carry from one device into the next. @kernel skb_scrub_packet net/core/skbuff.c v6.12 */
export function skbScrubPacket(skb: SkBuff): void {
  skb.pktType = PACKET_HOST;
  skb.ignoreDf = false;
  skb.dst?.release();
  skb.dst = null;
  skb.extensions?.release();
  skb.extensions = null;
  skb.nfct?.release();
  skb.nfct = null;
}
