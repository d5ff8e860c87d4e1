/** TCP receive offload: segments of one flow become one large payload or a list. Left out: TLS in the device. */

import {
  CHECKSUM_PARTIAL,
  SKB_GSO_FRAGLIST,
  SKB_GSO_TCP_ECN,
  SKB_GSO_TCP_FIXEDID,
  SKB_GSO_TCPV4,
} from "../../abi/features.js";
import { csumFold } from "../../bytes/checksum.js";
import { readU8, readU32, writeU8, writeU16 } from "../../skb/bytes.js";
import type { Errno } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import {
  IPPROTO_TCP,
  TCP_ACK_SEQ,
  TCP_CHECK,
  TCP_DOFF,
  TCP_FLAGS,
  TCP_HLEN,
  TCP_SEQ,
  TCP_SOURCE,
  TCPHDR_CWR,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_RST,
  TCPHDR_SYN,
  TCPHDR_URG,
} from "../../wire/tcp.js";
import { skbIsGso } from "../core/features.js";
import { skbGroChecksumValidate, skbIncrChecksumUnnecessary } from "../core/gro/checksum.js";
import { groReadU8, groReadU32, groSameBytes, skbGroHeader } from "../core/gro/groHeader.js";
import { skbGroReceive, skbGroReceiveList } from "../core/gro/merge.js";
import { napiGroCb, skbGroLen, skbGroOffset, skbGroPull } from "../core/gro/napiGroCb.js";
import {
  groCompleteNetworkOffset,
  groReceiveNetworkFlush,
  skbGroReceiveNetworkOffset,
} from "../core/gro/networkFlush.js";
import type { NetDevice } from "../core/NetDevice.js";
import type { GroCallbacks, GroResult, NetKernel } from "../NetKernel.js";
import { type GroAddresses, groComputePseudo, ipv4Addresses } from "./groAddresses.js";

/** Segments in a list: the limit is UDP's. */
const TCP_LIST_CNT_MAX = 64;

/** Flags of the word at TCP_DOFF. @kernel tcp_flag_word include/uapi/linux/tcp.h */
const TCP_FLAG_CWR = TCPHDR_CWR << 16;
const TCP_FLAG_FIN = TCPHDR_FIN << 16;
const TCP_FLAG_PSH = TCPHDR_PSH << 16;
/** What ends an aggregate, or keeps a packet from opening one. */
const ENDING = (TCPHDR_URG | TCPHDR_PSH | TCPHDR_RST | TCPHDR_SYN | TCPHDR_FIN) << 16;

/** @kernel tcp4_gro_receive net/ipv4/tcp_offload.c v6.12 */
export function tcp4GroReceive(k: NetKernel, held: readonly SkBuff[], skb: SkBuff): GroResult {
  return tcpGroReceiveVerified(k, held, skb, ipv4Addresses);
}

/** What tcp4_gro_receive and tcp6_gro_receive share. */
export function tcpGroReceiveVerified(
  k: NetKernel,
  held: readonly SkBuff[],
  skb: SkBuff,
  addresses: GroAddresses,
): GroResult {
  const cb = napiGroCb(skb);
  const th = skbGroOffset(skb);
  if (cb.flush === 0 && !skbGroChecksumValidate(skb, IPPROTO_TCP, groComputePseudo(addresses))) {
    cb.flush = 1;
    return null;
  }
  const thlen = tcpGroPullHeader(skb);
  if (thlen === 0) {
    cb.flush = 1;
    return null;
  }
  tcpCheckFraglistGro(k, held, skb, th, addresses);
  return tcpGroReceive(k, held, skb, th, thlen);
}

/** The header's length with its options, or 0 when it is not all there. @kernel tcp_gro_pull_header */
function tcpGroPullHeader(skb: SkBuff): number {
  const th = skbGroOffset(skb);
  if (!skbGroHeader(skb, th, TCP_HLEN)) return 0;
  const thlen = (groReadU8(skb, th + TCP_DOFF) >>> 4) * 4;
  if (thlen < TCP_HLEN || !skbGroHeader(skb, th, thlen)) return 0;
  skbGroPull(skb, thlen);
  return thlen;
}

/**
 * Chooses between a list and one payload: what nobody here listens to is likely to be forwarded, and cheaper to take
 * apart as a list.
 *
 * @kernel tcp4_check_fraglist_gro net/ipv4/tcp_offload.c, tcp6_check_fraglist_gro net/ipv6/tcpv6_offload.c v6.12
 */
function tcpCheckFraglistGro(
  k: NetKernel,
  held: readonly SkBuff[],
  skb: SkBuff,
  th: number,
  addresses: GroAddresses,
): void {
  const dev = skb.dev as NetDevice;
  if (!dev.receive.groFraglist) return;
  const cb = napiGroCb(skb);
  const p = tcpGroLookup(held, skb, th);
  if (p === null) {
    const isLocal = dev.net?.tcpEstablished(addresses.tuple(skb, skbGroReceiveNetworkOffset(skb), th)) ?? false;
    cb.isFlist = !isLocal && !k.tcpGro.staysOutOfLists(skb);
    return;
  }
  const heldCb = napiGroCb(p);
  if (heldCb.isFlist && k.tcpGro.staysOutOfLists(skb)) {
    // A list of one can still become an ordinary aggregate.
    if (heldCb.count === 1) heldCb.isFlist = false;
    cb.isFlist = false;
  } else {
    cb.isFlist = heldCb.isFlist;
  }
}

/**
 * The held packet with the ports of the header at `th`; those with others are no candidates for the rest of the way
 * either.
 *
 * @kernel tcp_gro_lookup net/ipv4/tcp_offload.c v6.12
 */
export function tcpGroLookup(held: readonly SkBuff[], skb: SkBuff, th: number): SkBuff | null {
  const ports = groReadU32(skb, th + TCP_SOURCE);
  for (const p of held) {
    const cb = napiGroCb(p);
    if (!cb.sameFlow) continue;
    if (readU32(p, p.transportHeader + TCP_SOURCE) === ports) return p;
    cb.sameFlow = false;
  }
  return null;
}

/**
 * Merges a segment into the held aggregate of its flow where it is the next one and its header says nothing new. What
 * is short, or carries a flag that cannot wait, ends the aggregate.
 *
 * @kernel tcp_gro_receive net/ipv4/tcp_offload.c v6.12
 */
function tcpGroReceive(k: NetKernel, held: readonly SkBuff[], skb: SkBuff, th: number, thlen: number): GroResult {
  const cb = napiGroCb(skb);
  const len = skbGroLen(skb);
  const flags = groReadU32(skb, th + TCP_DOFF);
  const p = tcpGroLookup(held, skb, th);
  // Where nothing was appended, only an empty segment counts as short.
  const mss = p !== null && tcpMerge(k, p, skb, th, thlen) ? p.shinfo.gsoSize : 1;

  const isShort = skbIsGso(skb) ? len !== cb.count * skb.shinfo.gsoSize : len < mss;
  const ends = isShort || (flags & ENDING) !== 0;
  if (ends) cb.flush |= 1;
  return p !== null && (!cb.sameFlow || ends) ? p : null;
}

/** Appends to `p` if that is allowed; says whether it was done. */
function tcpMerge(k: NetKernel, p: SkBuff, skb: SkBuff, th: number, thlen: number): boolean {
  const flags = groReadU8(skb, th + TCP_FLAGS);
  let mayMerge = continuesFlow(k, p, skb, th, thlen);
  if (napiGroCb(p).isFlist) {
    mayMerge = mayJoinList(p, skb, th) && mayMerge;
    k.tcpGro.rememberNetworkHeader(skb, skbGroReceiveNetworkOffset(skb));
    return mayMerge && skbGroReceiveList(k, p, skb) === 0;
  }
  if (!mayMerge || skbGroReceive(k, p, skb) !== 0) return false;
  const field = p.transportHeader + TCP_FLAGS;
  writeU8(p, field, readU8(p, field) | (flags & (TCPHDR_FIN | TCPHDR_PSH)));
  return true;
}

/** Whether `skb` is the next segment, with the header of the first but for what changes in every flow. */
function continuesFlow(k: NetKernel, p: SkBuff, skb: SkBuff, th: number, thlen: number): boolean {
  const th2 = p.transportHeader;
  const len = skbGroLen(skb);
  const flags = groReadU32(skb, th + TCP_DOFF);
  // Asked first and in any case: it may find out that the flow has one identification only.
  if (groReceiveNetworkFlush(k, skb, p, th) !== 0) return false;
  if (k.tcpGro.refusesCwr(groReadU8(skb, th + TCP_FLAGS), readU8(p, th2 + TCP_FLAGS))) return false;
  if ((flags ^ readU32(p, th2 + TCP_DOFF)) & ~(TCP_FLAG_CWR | TCP_FLAG_FIN | TCP_FLAG_PSH)) return false;
  if (groReadU32(skb, th + TCP_ACK_SEQ) !== readU32(p, th2 + TCP_ACK_SEQ)) return false;
  if (!groSameBytes(skb, p, th + TCP_HLEN, thlen - TCP_HLEN)) return false;

  const mss = p.shinfo.gsoSize;
  const fits = skbIsGso(skb) ? skb.shinfo.gsoSize === mss : len > 0 && len <= mss;
  const nextSeq = (readU32(p, th2 + TCP_SEQ) + skbGroLen(p)) >>> 0;
  return fits && groReadU32(skb, th + TCP_SEQ) === nextSeq;
}

/** What a list asks on top: its members leave as they came, so nothing at all may differ. */
function mayJoinList(p: SkBuff, skb: SkBuff, th: number): boolean {
  const heldCb = napiGroCb(p);
  return (
    groReadU32(skb, th + TCP_DOFF) === readU32(p, p.transportHeader + TCP_DOFF) &&
    skb.ipSummed === p.ipSummed &&
    skb.csumLevel === p.csumLevel &&
    heldCb.count < TCP_LIST_CNT_MAX &&
    heldCb.isFlist === napiGroCb(skb).isFlist
  );
}

/** @kernel tcp4_gro_complete net/ipv4/tcp_offload.c v6.12 */
export function tcp4GroComplete(k: NetKernel, skb: SkBuff, thoff: number): Errno {
  const cb = napiGroCb(skb);
  if (cb.isFlist) return tcpGroCompleteList(skb, SKB_GSO_TCPV4);
  const isFixedId = skb.encapsulation ? cb.innerIpFixedid : cb.ipFixedid;
  const fixedId = isFixedId ? SKB_GSO_TCP_FIXEDID : 0;
  tcpGroComplete(k, skb, thoff, ipv4Addresses, SKB_GSO_TCPV4 | fixedId);
  return 0;
}

/** The list branch of tcp4_gro_complete and tcp6_gro_complete: every member keeps its own header and checksum. */
export function tcpGroCompleteList(skb: SkBuff, gsoType: number): Errno {
  const shinfo = skb.shinfo;
  shinfo.gsoType |= SKB_GSO_FRAGLIST | gsoType;
  shinfo.gsoSegs = napiGroCb(skb).count;
  skbIncrChecksumUnnecessary(skb);
  return 0;
}

/** The checksum of the aggregate is left to be completed. @kernel tcp_gro_complete net/ipv4/tcp_offload.c v6.12 */
export function tcpGroComplete(
  k: NetKernel,
  skb: SkBuff,
  thoff: number,
  addresses: GroAddresses,
  gsoType: number,
): void {
  const th = skb.transportHeader;
  const psum = addresses.pseudo(skb, groCompleteNetworkOffset(k, skb), skb.len - thoff, IPPROTO_TCP);
  writeU16(skb, th + TCP_CHECK, ~csumFold(psum));
  if (skb.encapsulation) skb.innerTransportHeader = th;
  skb.csumStart = th;
  skb.csumOffset = TCP_CHECK;
  skb.ipSummed = CHECKSUM_PARTIAL;
  const shinfo = skb.shinfo;
  shinfo.gsoType |= gsoType;
  shinfo.gsoSegs = napiGroCb(skb).count;
  if (readU8(skb, th + TCP_FLAGS) & TCPHDR_CWR) shinfo.gsoType |= SKB_GSO_TCP_ECN;
}

/** @kernel net_hotdata.tcpv4_offload */
export const tcp4Gro: GroCallbacks = { receive: tcp4GroReceive, complete: tcp4GroComplete };
