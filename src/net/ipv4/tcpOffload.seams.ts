/** The decisions of TCP segmentation that a released kernel once got wrong, or that differ between releases. */

import { SKB_GSO_DODGY } from "../../abi/features.js";
import { readU8 } from "../../skb/bytes.js";
import { EINVAL, type Errno } from "../../skb/errno.js";
import { skbPagelen } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { TCP_DOFF } from "../../wire/tcp.js";

/** Length of the header with its options, by its own word. @kernel tcp_hdrlen include/linux/tcp.h */
export const tcpHdrlen = (skb: SkBuff): number => (readU8(skb, skb.transportHeader + TCP_DOFF) >>> 4) * 4;

/** Whether the head of a list holds one segment still, whoever changed its headers. `data` is at the TCP header. */
export const headHoldsOneSegment = (skb: SkBuff): boolean =>
  (skbPagelen(skb) - tcpHdrlen(skb)) >>> 0 === skb.shinfo.gsoSize;

export const tcpOffloadSeams = {
  /** Whether each member of a list is one segment still, with headers that only need addresses and ports of the first. */
  mayTakeListPath: (skb: SkBuff): boolean => headHoldsOneSegment(skb) && !(skb.shinfo.gsoType & SKB_GSO_DODGY),

  /** Checksums are finished from csum_start on, so it has to be at the TCP header. */
  checkCsumStart: (skb: SkBuff): Errno => (skb.csumStart === skb.transportHeader ? 0 : -EINVAL),

  /** Whether the checksum of a list member follows when the member gets the first one's IPv6 addresses. */
  adjustsForIpv6Address: (): boolean => true,
};
export type TcpOffloadSeams = typeof tcpOffloadSeams;
