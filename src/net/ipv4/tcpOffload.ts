/** TCP segmentation: a stream of payload cut into segments, or a list taken apart. */

import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NETIF_F_GSO_ROBUST,
  SKB_GSO_FRAGLIST,
  SKB_GSO_TCPV4,
} from "../../abi/features.js";
import { csumAdd, csumFold, csumReplace4, pseudoSumV4 } from "../../bytes/checksum.js";
import { KernelFault, nullDeref } from "../../memory/fault.js";
import { linearAt, readU8, readU16, readU32, writeU8, writeU16, writeU32 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbPullInner } from "../../skb/pushPull.js";
import { SKBTX_ANY_TSTAMP } from "../../skb/SharedInfo.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { IPV4_CHECK, IPV4_DADDR, IPV4_HLEN, IPV4_SADDR } from "../../wire/ipv4.js";
import {
  IPPROTO_TCP,
  TCP_CHECK,
  TCP_DEST,
  TCP_FLAGS,
  TCP_HLEN,
  TCP_SEQ,
  TCP_SOURCE,
  TCPHDR_CWR,
  TCPHDR_FIN,
  TCPHDR_PSH,
} from "../../wire/tcp.js";
import { skbGsoOk, skbIsGso } from "../core/features.js";
import { gsoMakeChecksum, gsoResetChecksum, isErr } from "../core/gso.js";
import { inetProtoCsumReplace2, inetProtoCsumReplace4 } from "../core/protoCsum.js";
import { skbSegment } from "../core/skbSegment.js";
import { skbSegmentList } from "../core/skbSegmentList.js";
import type { NetKernel, Segments } from "../NetKernel.js";
import { tcpHdrlen } from "./tcpOffload.seams.js";

/**
 * IPv4: `data` is at the TCP header. A packet whose checksum nobody prepared gets its pseudo header sum here.
 *
 * @kernel tcp4_gso_segment net/ipv4/tcp_offload.c v6.12
 */
export function tcp4GsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  if (!(skb.shinfo.gsoType & SKB_GSO_TCPV4) || !pskbMayPull(skb, TCP_HLEN)) return -EINVAL;
  if (skb.shinfo.gsoType & SKB_GSO_FRAGLIST) {
    if (k.tcpOffload.mayTakeListPath(skb)) return tcp4GsoSegmentListInner(k, skb, features);
    skb.ipSummed = CHECKSUM_NONE;
  }
  if (skb.ipSummed !== CHECKSUM_PARTIAL) tcpV4SendCheckInner(skb);
  return tcpGsoSegment(k, skb, features);
}

/** The checksum that a device completes, for a packet with `data` at the TCP header. @kernel __tcp_v4_send_check */
function tcpV4SendCheckInner(skb: SkBuff): void {
  const at = linearAt(skb, skb.networkHeader, IPV4_HLEN);
  const bytes = skb.mem.arena.bytes;
  markPartial(skb, pseudoSumV4(bytes, at + IPV4_SADDR, at + IPV4_DADDR, skb.len, IPPROTO_TCP, 0));
}

/** Leaves the checksum to whoever sends: the field holds the folded pseudo header sum until then. */
export function markPartial(skb: SkBuff, pseudoSum: number): void {
  skb.ipSummed = CHECKSUM_PARTIAL;
  writeU16(skb, skb.transportHeader + TCP_CHECK, ~csumFold(pseudoSum) & 0xffff);
  skb.csumStart = skb.transportHeader;
  skb.csumOffset = TCP_CHECK;
}

/** @kernel __tcp4_gso_segment_list net/ipv4/tcp_offload.c */
function tcp4GsoSegmentListInner(k: NetKernel, skb: SkBuff, features: number): Segments {
  const segs = skbSegmentList(k, skb, features, skb.macHeaderLen);
  return isErr(segs) ? segs : tcpv4GsoSegmentListCsumInner(segs, secondOf(segs));
}

/** The second segment of a list, which the kernel takes to be there. */
export function secondOf(segs: SkBuff): SkBuff {
  if (segs.next === null) throw nullDeref("list-second", { len: segs.len, dataLen: segs.dataLen });
  return segs.next;
}

/** Source and destination port in one comparison, as the kernel does it. */
export const portsDiffer = (a: SkBuff, b: SkBuff): boolean =>
  readU32(a, a.transportHeader + TCP_SOURCE) !== readU32(b, b.transportHeader + TCP_SOURCE);

/**
 * What a middlebox changed in the first header is carried over to the others. Only the first two segments are compared.
 *
 * @kernel __tcpv4_gso_segment_list_csum net/ipv4/tcp_offload.c v6.12
 */
function tcpv4GsoSegmentListCsumInner(segs: SkBuff, second: SkBuff): SkBuff {
  const differs = (addr: number): boolean =>
    readU32(segs, segs.networkHeader + addr) !== readU32(second, second.networkHeader + addr);
  if (!portsDiffer(segs, second) && !differs(IPV4_DADDR) && !differs(IPV4_SADDR)) return segs;
  for (let seg: SkBuff | null = second; seg !== null; seg = seg.next) {
    tcpv4GsoSegmentCsumInner(segs, seg, IPV4_SADDR, TCP_SOURCE);
    tcpv4GsoSegmentCsumInner(segs, seg, IPV4_DADDR, TCP_DEST);
  }
  return segs;
}

/** @kernel __tcpv4_gso_segment_csum net/ipv4/tcp_offload.c */
function tcpv4GsoSegmentCsumInner(first: SkBuff, seg: SkBuff, addr: number, port: number): void {
  const iph = seg.networkHeader;
  const th = seg.transportHeader;
  const oldAddr = readU32(seg, iph + addr);
  const newAddr = readU32(first, first.networkHeader + addr);
  const oldPort = readU16(seg, th + port);
  const newPort = readU16(first, first.transportHeader + port);
  if (oldAddr === newAddr && oldPort === newPort) return;
  inetProtoCsumReplace4(seg, th + TCP_CHECK, oldAddr, newAddr, true);
  inetProtoCsumReplace2(seg, th + TCP_CHECK, oldPort, newPort, false);
  writeU16(seg, th + port, newPort);
  writeU16(seg, iph + IPV4_CHECK, csumReplace4(readU16(seg, iph + IPV4_CHECK), oldAddr, newAddr));
  writeU32(seg, iph + addr, newAddr);
}

/**
 * Cuts a TCP packet into segments of gso_size payload bytes. `data` is at the TCP header.
 *
 * Returns null when the device takes it whole; -EINVAL for a header shorter than it can be, a checksum that starts
 * elsewhere, or no more payload than one segment has; or the error of skb_segment.
 *
 * @kernel tcp_gso_segment net/ipv4/tcp_offload.c v6.12
 */
export function tcpGsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  const thlen = tcpHdrlen(skb);
  if (thlen < TCP_HLEN) return -EINVAL;
  const err = k.tcpOffload.checkCsumStart(skb);
  if (err !== 0) return err;
  if (!pskbMayPull(skb, thlen)) return -EINVAL;

  const oldlen = ~skb.len >>> 0;
  skbPullInner(skb, thlen);
  const mss = skb.shinfo.gsoSize;
  if (skb.len <= mss) return -EINVAL;
  if (skbGsoOk(skb, features | NETIF_F_GSO_ROBUST)) {
    // An untrusted sender's gso_segs is not believed.
    if (mss === 0) throw new KernelFault("DIVZERO", "tcp-gso-segs", { len: skb.len });
    skb.shinfo.gsoSegs = Math.ceil(skb.len / mss);
    return null;
  }

  const oooOkay = skb.oooOkay;
  skb.oooOkay = false;
  const segs = skbSegment(k, skb, features);
  if (isErr(segs)) return segs;
  segs.oooOkay = oooOkay;
  finishTcpSegments(skb, segs, oldlen, thlen, mss);
  return segs;
}

/** Steps 5 to 11 of tcp_gso_segment: sequence numbers, flags, checksums, timestamp and owners of the segments. */
function finishTcpSegments(gsoSkb: SkBuff, segs: SkBuff, oldlen: number, thlen: number, gsoSize: number): void {
  const mss = skbIsGso(segs) ? gsoSize * segs.shinfo.gsoSegs : gsoSize;
  const copyDestructor = gsoSkb.destructor === "tcp_wfree";
  let seq = readU32(segs, segs.transportHeader + TCP_SEQ);
  if (gsoSkb.shinfo.txFlags & SKBTX_ANY_TSTAMP) tcpGsoTstamp(segs, gsoSkb, seq, mss);

  const newcheck = adjustedCheck(segs, oldlen + thlen + mss);
  let sumTruesize = 0;
  let seg = segs;
  for (let next = seg.next; next !== null; next = seg.next) {
    clearFlags(seg, TCPHDR_FIN | TCPHDR_PSH);
    finishCheck(seg, newcheck);
    seq = (seq + mss) >>> 0;
    if (copyDestructor) {
      seg.destructor = gsoSkb.destructor;
      seg.sk = gsoSkb.sk;
      sumTruesize += seg.truesize;
    }
    seg = next;
    writeU32(seg, seg.transportHeader + TCP_SEQ, seq);
    clearFlags(seg, TCPHDR_CWR);
  }

  if (copyDestructor) {
    [gsoSkb.sk, seg.sk] = [seg.sk, gsoSkb.sk];
    [gsoSkb.destructor, seg.destructor] = [seg.destructor, gsoSkb.destructor];
    chargeDifference(seg, sumTruesize + seg.truesize - gsoSkb.truesize);
  }
  finishCheck(seg, adjustedCheck(seg, oldlen + (seg.tail - seg.transportHeader) + seg.dataLen));
}

/** The folded pseudo header sum in the segment's header, its length part exchanged by way of `delta`, taken as a u32. */
function adjustedCheck(seg: SkBuff, delta: number): number {
  return ~csumFold(csumAdd(readU16(seg, seg.transportHeader + TCP_CHECK), delta >>> 0)) & 0xffff;
}

/** The checksum of one segment: adjusted for a device to complete, or completed here, where 0 is as good as any. */
function finishCheck(seg: SkBuff, check: number): void {
  const field = seg.transportHeader + TCP_CHECK;
  writeU16(seg, field, check);
  if (seg.ipSummed === CHECKSUM_PARTIAL) gsoResetChecksum(seg, ~check & 0xffff);
  else writeU16(seg, field, gsoMakeChecksum(seg, ~check & 0xffff));
}

function clearFlags(seg: SkBuff, flags: number): void {
  const at = seg.transportHeader + TCP_FLAGS;
  writeU8(seg, at, readU8(seg, at) & ~flags);
}

/** What the segments weigh more than the packet is charged to its sender, so that TCP Small Queues count them all. */
function chargeDifference(seg: SkBuff, delta: number): void {
  const sk = seg.sk;
  if (sk === null) return;
  sk.wmemAlloc += delta;
  if (sk.wmemAlloc <= 0) seg.mem.warn("WARN", "wmem-underflow");
}

/**
 * A transmit timestamp goes to the segment that holds the byte it was asked for.
 *
 * @kernel tcp_gso_tstamp net/ipv4/tcp_offload.c
 */
function tcpGsoTstamp(segs: SkBuff, gsoSkb: SkBuff, firstSeq: number, mss: number): void {
  const { txFlags, tskey } = gsoSkb.shinfo;
  let seq = firstSeq;
  for (let seg: SkBuff | null = segs; seg !== null; seg = seg.next) {
    seq += mss;
    if (((tskey - seq) | 0) >= 0) continue;
    seg.shinfo.txFlags |= txFlags & SKBTX_ANY_TSTAMP;
    seg.shinfo.tskey = tskey;
    return;
  }
}
