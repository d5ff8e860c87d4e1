/** The decisions of UDP segmentation that a released kernel once got wrong, or that differ between releases. */

import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_CSUM_MASK,
  NETIF_F_GSO_ROBUST,
  NETIF_F_GSO_UDP_L4,
  SKB_GSO_DODGY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import { KernelFault } from "../../memory/fault.js";
import { EINVAL, ENOMEM, type Errno } from "../../skb/errno.js";
import { skbLinearize } from "../../skb/pullTail.js";
import { skbPagelen } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { UDP_HLEN } from "../../wire/udp.js";
import { skbGsoOk } from "../core/features.js";
import { udpv4GsoSegmentListCsum, udpv6GsoSegmentListCsum } from "./udpListCsum.js";

/** Whether the head of a list holds one datagram still, whoever changed its headers. `data` is at the UDP header. */
export const headHoldsOneDatagram = (skb: SkBuff): boolean => (skbPagelen(skb) - UDP_HLEN) >>> 0 === skb.shinfo.gsoSize;

export const udpOffloadSeams = {
  /** Whether the payload is a packet that a tunnel device put there, and not just bytes that a tunnel once carried. */
  isTunnelled: (skb: SkBuff): boolean =>
    skb.encapsulation && (skb.shinfo.gsoType & (SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM)) !== 0,

  /** Whether a packet that reached the UDP handler is one to cut into datagrams, rather than into IP fragments. */
  isCutIntoDatagrams: (skb: SkBuff, _features: number): boolean => (skb.shinfo.gsoType & SKB_GSO_UDP_L4) !== 0,

  /** Checksums are finished from csum_start on, so it has to be at the UDP header; GRO lists never set it. */
  checkCsumStart: (skb: SkBuff): Errno => {
    if (skb.csumStart === skb.transportHeader || skb.shinfo.gsoType & SKB_GSO_FRAGLIST) return 0;
    return -EINVAL;
  },

  /** Without a partial checksum nobody behind us fills one in: neither the device nor its checksum engine counts. */
  featuresForSummed: (skb: SkBuff, features: number): number =>
    skb.ipSummed === CHECKSUM_PARTIAL ? features : features & ~(NETIF_F_GSO_UDP_L4 | NETIF_F_CSUM_MASK),

  /** Whether the device takes the packet whole once its header has been looked at; gso_segs was not to be trusted. */
  leavesToDevice: (skb: SkBuff, features: number, mss: number): boolean => {
    if (!skbGsoOk(skb, features | NETIF_F_GSO_ROBUST)) return false;
    if (mss === 0) throw new KernelFault("DIVZERO", "udp-gso-segs", { len: skb.len });
    skb.shinfo.gsoSegs = Math.ceil((skb.len - UDP_HLEN) / mss);
    return true;
  },

  /** Whether each member of a list is one datagram still, with headers that only need addresses and ports of the first. */
  mayTakeListPath: (skb: SkBuff): boolean => headHoldsOneDatagram(skb) && !(skb.shinfo.gsoType & SKB_GSO_DODGY),

  /** Makes a list whose geometry changed fit for the generic splitter. */
  flattenChangedList: (skb: SkBuff): Errno => (skbLinearize(skb) ? 0 : -ENOMEM),

  /** Takes the packet from its owner while it is cut; the caller remembers whom to give it back to. */
  disown: (skb: SkBuff): void => {
    skb.destructor = "";
    skb.sk = null;
  },

  /** The identification of IPv6 fragments: random in the kernel, here a number of the packet's own, never 0. */
  ipv6FragmentId: (skb: SkBuff): number => (0x5bd1e995 ^ Math.imul(skb.hash + 1, 0x9e3779b1)) >>> 0 || 1,

  /** The packet was cut in software, so its missing checksum is nobody's business any more. */
  settleInputSummed: (skb: SkBuff): void => {
    if (skb.ipSummed === CHECKSUM_NONE) skb.ipSummed = CHECKSUM_UNNECESSARY;
  },

  /** What was done to the first header of a list, such as translation of addresses, is done to the others. */
  carryListChanges4: udpv4GsoSegmentListCsum,
  carryListChanges6: udpv6GsoSegmentListCsum,
};
export type UdpOffloadSeams = typeof udpOffloadSeams;
