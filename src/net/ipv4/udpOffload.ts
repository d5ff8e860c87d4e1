/** UDP segmentation: into datagrams (USO), into IP fragments (UFO), a list taken apart, or what is in a tunnel. */

import {
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_HW_CSUM,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { CSUM_MANGLED_0, csum16Add, csum16Sub, csumFold, pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import { nullDeref } from "../../memory/fault.js";
import { linearAt, readU16, writeU16 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbPull } from "../../skb/pushPull.js";
import { skbChecksum } from "../../skb/read.js";
import { SKBTX_ANY_TSTAMP } from "../../skb/SharedInfo.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { IPV4_DADDR, IPV4_SADDR } from "../../wire/ipv4.js";
import { IPV6_DADDR, IPV6_SADDR } from "../../wire/ipv6.js";
import { IPPROTO_UDP, UDP_CHECK, UDP_HLEN, UDP_LEN } from "../../wire/udp.js";
import { skbIsGso } from "../core/features.js";
import { gsoMakeChecksum, gsoResetChecksum, isErr } from "../core/gso.js";
import { skbSegment } from "../core/skbSegment.js";
import { skbSegmentList } from "../core/skbSegmentList.js";
import type { NetKernel, Segments } from "../NetKernel.js";
import { skbUdpTunnelSegment } from "./udpTunnel.js";

/**
 * IPv4: `data` is at the UDP header. A UFO datagram keeps its header in the first fragment.
 *
 * @kernel udp4_ufo_fragment net/ipv4/udp_offload.c v6.12
 */
export function udp4UfoFragment(k: NetKernel, skb: SkBuff, features: number): Segments {
  if (k.udpOffload.isTunnelled(skb)) return skbUdpTunnelSegment(k, skb, features, false);
  if (!(skb.shinfo.gsoType & (SKB_GSO_UDP | SKB_GSO_UDP_L4)) || !pskbMayPull(skb, UDP_HLEN)) return -EINVAL;
  if (k.udpOffload.isCutIntoDatagrams(skb, features)) return udpGsoSegmentInner(k, skb, features, false);
  const mss = skb.shinfo.gsoSize;
  if (skb.len <= mss) return -EINVAL;
  return skbSegment(k, skb, completeUfoChecksum(skb, features, false));
}

/**
 * Software UFO: the checksum over the whole datagram, since no device sums over fragments. Returns the features that
 * keep skb_segment from summing again.
 */
export function completeUfoChecksum(skb: SkBuff, features: number, isIpv6: boolean): number {
  writeU16(skb, skb.transportHeader + UDP_CHECK, 0);
  const sum = skbChecksum(skb, 0, skb.len, 0);
  writeU16(skb, skb.transportHeader + UDP_CHECK, csumFold(pseudoSum(skb, skb.len, sum, isIpv6)) || CSUM_MANGLED_0);
  skb.ipSummed = CHECKSUM_UNNECESSARY;
  return skb.encapHdrCsum ? features : features | NETIF_F_HW_CSUM;
}

/** Pseudo header of the packet's addresses with a UDP length, added to `init`. */
function pseudoSum(skb: SkBuff, len: number, init: number, isIpv6: boolean): number {
  const at = linearAt(skb, skb.networkHeader, isIpv6 ? 40 : 20);
  const bytes = skb.mem.arena.bytes;
  return isIpv6
    ? pseudoSumV6(bytes, at + IPV6_SADDR, at + IPV6_DADDR, len, IPPROTO_UDP, init)
    : pseudoSumV4(bytes, at + IPV4_SADDR, at + IPV4_DADDR, len, IPPROTO_UDP, init);
}

/**
 * Cuts a UDP packet into datagrams of gso_size payload bytes. `data` is at the UDP header.
 *
 * Returns null when the device takes it whole; -EINVAL for a packet that is no longer than one segment, or whose
 * checksum starts elsewhere; -ENOMEM. On an error the packet has its owner back.
 *
 * @kernel __udp_gso_segment net/ipv4/udp_offload.c v6.12
 */
export function udpGsoSegmentInner(k: NetKernel, skb: SkBuff, features: number, isIpv6: boolean): Segments {
  const seams = k.udpOffload;
  const mss = skb.shinfo.gsoSize;
  if (skb.len <= UDP_HLEN + mss) return -EINVAL;
  const err = seams.checkCsumStart(skb);
  if (err !== 0) return err;
  features = seams.featuresForSummed(skb, features);
  if (seams.leavesToDevice(skb, features, mss)) return null;

  if (skb.shinfo.gsoType & SKB_GSO_FRAGLIST) {
    if (seams.mayTakeListPath(skb)) return udpGsoSegmentListInner(k, skb, features, isIpv6);
    const flat = seams.flattenChangedList(skb);
    if (flat !== 0) return flat;
    skb.csumStart = skb.transportHeader;
    skb.csumOffset = UDP_CHECK;
    skb.ipSummed = CHECKSUM_PARTIAL;
    const check = ~csumFold(pseudoSum(skb, skb.len, 0, isIpv6)) & 0xffff;
    writeU16(skb, skb.transportHeader + UDP_CHECK, check);
  }
  return segmentAsDatagrams(k, skb, features, mss);
}

/** Steps 6 to 15 of __udp_gso_segment: the generic splitter, then lengths, checksums and owners. */
function segmentAsDatagrams(k: NetKernel, skb: SkBuff, features: number, gsoSize: number): Segments {
  skbPull(skb, UDP_HLEN);
  const { sk, destructor } = skb;
  const copyDtor = destructor === "sock_wfree";
  if (copyDtor) k.udpOffload.disown(skb);

  const segs = skbSegment(k, skb, features);
  if (isErr(segs)) {
    if (copyDtor) {
      skb.destructor = destructor;
      skb.sk = sk;
    }
    return segs;
  }
  const mss = skbIsGso(segs) ? gsoSize * segs.shinfo.gsoSegs : gsoSize;
  segs.shinfo.tskey = skb.shinfo.tskey;
  segs.shinfo.txFlags |= skb.shinfo.txFlags & SKBTX_ANY_TSTAMP;

  let sumTruesize = 0;
  const firstCheck = readU16(segs, segs.transportHeader + UDP_CHECK);
  const firstLen = readU16(segs, segs.transportHeader + UDP_LEN);
  const newlen = (UDP_HLEN + mss) & 0xffff;
  const check = csum16Add(csum16Sub(firstCheck, firstLen), newlen);
  for (let seg: SkBuff | null = segs; seg !== null; seg = seg.next) {
    if (copyDtor) {
      seg.destructor = "sock_wfree";
      seg.sk = sk;
      sumTruesize += seg.truesize;
    }
    if (seg.next !== null) {
      finishDatagram(seg, newlen, check);
    } else {
      const uh = seg.transportHeader;
      const lastLen = (seg.tail - uh + seg.dataLen) & 0xffff;
      finishDatagram(
        seg,
        lastLen,
        csum16Add(csum16Sub(readU16(seg, uh + UDP_CHECK), readU16(seg, uh + UDP_LEN)), lastLen),
      );
    }
  }
  k.udpOffload.settleInputSummed(skb);
  if (copyDtor && sk !== null) {
    sk.wmemAlloc += sumTruesize - skb.truesize;
    if (sk.wmemAlloc <= 0) skb.mem.warn("WARN", "wmem-underflow");
  }
  return segs;
}

/** UDP length and checksum of one segment: adjusted for a device to complete, or completed here. */
function finishDatagram(seg: SkBuff, len: number, check: number): void {
  const uh = seg.transportHeader;
  writeU16(seg, uh + UDP_LEN, len);
  writeU16(seg, uh + UDP_CHECK, check);
  if (seg.ipSummed === CHECKSUM_PARTIAL) gsoResetChecksum(seg, ~check & 0xffff);
  else writeU16(seg, uh + UDP_CHECK, gsoMakeChecksum(seg, ~check & 0xffff) || CSUM_MANGLED_0);
}

/**
 * A list taken apart; the aggregate's UDP length is undone, and what a middlebox changed in the first header is
 * carried over to the others.
 *
 * @kernel __udp_gso_segment_list net/ipv4/udp_offload.c v6.12
 */
function udpGsoSegmentListInner(k: NetKernel, skb: SkBuff, features: number, isIpv6: boolean): Segments {
  const mss = skb.shinfo.gsoSize;
  const segs = skbSegmentList(k, skb, features, skb.macHeaderLen);
  if (isErr(segs)) return segs;
  writeU16(segs, segs.transportHeader + UDP_LEN, (UDP_HLEN + mss) & 0xffff);
  if (segs.next === null) throw nullDeref("list-second", { len: skb.len, dataLen: skb.dataLen });
  const { carryListChanges4, carryListChanges6 } = k.udpOffload;
  return isIpv6 ? carryListChanges6(segs, segs.next) : carryListChanges4(segs, segs.next);
}
