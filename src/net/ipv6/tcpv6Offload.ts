/** IPv6 TCP: the shared splitter, and lists whose members get the first one's addresses and ports. */

import { CHECKSUM_NONE, CHECKSUM_PARTIAL, SKB_GSO_FRAGLIST, SKB_GSO_TCPV6 } from "../../abi/features.js";
import { pseudoSumV6 } from "../../bytes/checksum.js";
import { equalBytes } from "../../bytes/diff.js";
import { bytesAt, linearAt, putBytes, readU16, writeU16 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { IPV6_DADDR, IPV6_HLEN, IPV6_SADDR } from "../../wire/ipv6.js";
import { IPPROTO_TCP, TCP_CHECK, TCP_DEST, TCP_HLEN, TCP_SOURCE } from "../../wire/tcp.js";
import { isErr } from "../core/gso.js";
import { inetProtoCsumReplace2, inetProtoCsumReplace16 } from "../core/protoCsum.js";
import { skbSegmentList } from "../core/skbSegmentList.js";
import { markPartial, portsDiffer, secondOf, tcpGsoSegment } from "../ipv4/tcpOffload.js";
import type { NetKernel, Segments } from "../NetKernel.js";

const IPV6_ALEN = 16;

/**
 * `data` is at the TCP header.
 *
 * @kernel tcp6_gso_segment net/ipv6/tcpv6_offload.c v6.12
 */
export function tcp6GsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  if (!(skb.shinfo.gsoType & SKB_GSO_TCPV6) || !pskbMayPull(skb, TCP_HLEN)) return -EINVAL;
  if (skb.shinfo.gsoType & SKB_GSO_FRAGLIST) {
    if (k.tcpOffload.mayTakeListPath(skb)) return tcp6GsoSegmentListInner(k, skb, features);
    skb.ipSummed = CHECKSUM_NONE;
  }
  if (skb.ipSummed !== CHECKSUM_PARTIAL) tcpV6SendCheckInner(skb);
  return tcpGsoSegment(k, skb, features);
}

/** @kernel __tcp_v6_send_check include/net/tcp.h */
function tcpV6SendCheckInner(skb: SkBuff): void {
  const at = linearAt(skb, skb.networkHeader, IPV6_HLEN);
  const bytes = skb.mem.arena.bytes;
  markPartial(skb, pseudoSumV6(bytes, at + IPV6_SADDR, at + IPV6_DADDR, skb.len, IPPROTO_TCP, 0));
}

/** @kernel __tcp6_gso_segment_list net/ipv6/tcpv6_offload.c */
function tcp6GsoSegmentListInner(k: NetKernel, skb: SkBuff, features: number): Segments {
  const segs = skbSegmentList(k, skb, features, skb.macHeaderLen);
  return isErr(segs) ? segs : tcpv6GsoSegmentListCsumInner(k, segs, secondOf(segs));
}

/**
 * What a middlebox changed in the first header is carried over to the others. Only the first two segments are compared.
 *
 * @kernel __tcpv6_gso_segment_list_csum net/ipv6/tcpv6_offload.c v6.14, in 6.12 as a stable fix
 */
function tcpv6GsoSegmentListCsumInner(k: NetKernel, segs: SkBuff, second: SkBuff): SkBuff {
  const differs = (addr: number): boolean => !equalBytes(addressOf(segs, addr), addressOf(second, addr));
  if (!portsDiffer(segs, second) && !differs(IPV6_SADDR) && !differs(IPV6_DADDR)) return segs;
  for (let seg: SkBuff | null = second; seg !== null; seg = seg.next) {
    tcpv6GsoSegmentCsumInner(k, segs, seg, IPV6_SADDR, TCP_SOURCE);
    tcpv6GsoSegmentCsumInner(k, segs, seg, IPV6_DADDR, TCP_DEST);
  }
  return segs;
}

const addressOf = (skb: SkBuff, addr: number): Uint8Array => bytesAt(skb, skb.networkHeader + addr, IPV6_ALEN);

/** @kernel __tcpv6_gso_segment_csum net/ipv6/tcpv6_offload.c */
function tcpv6GsoSegmentCsumInner(k: NetKernel, first: SkBuff, seg: SkBuff, addr: number, port: number): void {
  const th = seg.transportHeader;
  const oldAddr = addressOf(seg, addr);
  const newAddr = addressOf(first, addr);
  if (!equalBytes(oldAddr, newAddr)) {
    if (k.tcpOffload.adjustsForIpv6Address()) inetProtoCsumReplace16(seg, th + TCP_CHECK, oldAddr, newAddr);
    putBytes(seg, seg.networkHeader + addr, newAddr);
  }
  const oldPort = readU16(seg, th + port);
  const newPort = readU16(first, first.transportHeader + port);
  if (oldPort === newPort) return;
  inetProtoCsumReplace2(seg, th + TCP_CHECK, oldPort, newPort, false);
  writeU16(seg, th + port, newPort);
}
