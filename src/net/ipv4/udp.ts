/**
 * The UDP receive path that segments, for both families: aggregates that a socket does not take whole are cut up for
 * it, each listener of a multicast packet having a clone. Left out: UDP-Lite, policy, conntrack.
 */

import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SG,
} from "../../abi/features.js";
import { csumAdd, csumFold, pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import { linearAt, readU16 } from "../../skb/bytes.js";
import { skbPullRcsum } from "../../skb/checksumHelp.js";
import { skbClone } from "../../skb/clone.js";
import { consumeSkb, kfreeSkb } from "../../skb/free.js";
import { skbOrphan } from "../../skb/owner.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbPullInner, skbPushInner } from "../../skb/pushPull.js";
import { skbChecksum } from "../../skb/read.js";
import { PACKET_LOOPBACK, type SkBuff } from "../../skb/SkBuff.js";
import { pskbTrimRcsum, skbCondense } from "../../skb/trim.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import { IPV4_DADDR, IPV4_SADDR } from "../../wire/ipv4.js";
import { IPV6_DADDR, IPV6_SADDR } from "../../wire/ipv6.js";
import { IPPROTO_UDP, UDP_CHECK, UDP_HLEN, UDP_LEN } from "../../wire/udp.js";
import { skbIsGso } from "../core/features.js";
import { isErr, skbGsoSegmentInner } from "../core/gso.js";
import { ipFindUdp } from "../core/transportHeader.js";
import type { NetKernel } from "../NetKernel.js";
import type { UdpSock } from "./UdpSock.js";

/** Whether a socket is to get an aggregate in pieces. @kernel udp_unexpected_gso include/linux/udp.h v6.12 */
export function udpUnexpectedGso(k: NetKernel, sk: UdpSock, skb: SkBuff): boolean {
  if (!skbIsGso(skb)) return false;
  return k.udp.isUnexpectedKind(sk.options, skb) || k.udp.landsInTunnel(sk.options, skb);
}

/**
 * Cuts an aggregate up for a socket; `data` is at the MAC header. Null when it was dropped, with the drops counted.
 *
 * @kernel udp_rcv_segment include/net/udp.h v6.12
 */
export function udpRcvSegment(k: NetKernel, sk: UdpSock, skb: SkBuff): SkBuff | null {
  if (k.udp.refusesToSegment(skb)) return dropAggregate(sk, skb, 1);
  let features = NETIF_F_SG;
  // With these no checksum is computed that nobody asked for.
  if (!sk.options.convertsChecksum) features |= NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM;
  if (skb.pktType === PACKET_LOOPBACK) skb.ipSummed = CHECKSUM_PARTIAL;
  const segs = skbGsoSegmentInner(k, skb, features, false);
  if (segs === null || isErr(segs)) return dropAggregate(sk, skb, skb.shinfo.gsoSegs);
  consumeSkb(skb);
  return segs;
}

function dropAggregate(sk: UdpSock, skb: SkBuff, count: number): null {
  sk.drops += count;
  sk.inErrors += count;
  kfreeSkb(skb);
  return null;
}

/** Takes a segment that its socket passed on to another protocol; it owns it. @kernel ip_protocol_deliver_rcu */
export type Resubmit = (skb: SkBuff, protocol: number) => void;

const nobodyElse: Resubmit = (skb) => kfreeSkb(skb);

/**
 * Gives a packet to one socket; `data` is at the UDP header. Returns 0 when the packet was consumed, or the protocol
 * that it is to be passed on to.
 *
 * @kernel udp_queue_rcv_skb net/ipv4/udp.c v6.12
 */
export function udpQueueRcvSkb(k: NetKernel, sk: UdpSock, skb: SkBuff, resubmit = nobodyElse): number {
  return queueRcvSkb(k, sk, skb, resubmit);
}

/** @kernel udpv6_queue_rcv_skb net/ipv6/udp.c v6.12 */
export function udpv6QueueRcvSkb(k: NetKernel, sk: UdpSock, skb: SkBuff, resubmit = nobodyElse): number {
  return queueRcvSkb(k, sk, skb, resubmit);
}

function queueRcvSkb(k: NetKernel, sk: UdpSock, skb: SkBuff, resubmit: Resubmit): number {
  if (!udpUnexpectedGso(k, sk, skb)) return udpQueueRcvOneSkb(sk, skb);
  skbPushInner(skb, -skb.macOffset);
  let next: SkBuff | null = null;
  for (let seg = udpRcvSegment(k, sk, skb); seg !== null; seg = next) {
    next = seg.next;
    skbPullInner(seg, seg.transportOffset);
    k.udp.settleSegmentChecksum(seg);
    const ret = udpQueueRcvOneSkb(sk, seg);
    if (ret > 0) resubmit(seg, k.udp.protocolOfSegment(ret));
  }
  return 0;
}

/** @kernel skb_csum_unnecessary include/linux/skbuff.h */
export const skbCsumUnnecessary = (skb: SkBuff): boolean =>
  skb.ipSummed === CHECKSUM_UNNECESSARY ||
  skb.csumValid ||
  (skb.ipSummed === CHECKSUM_PARTIAL && skb.csumStartOffset >= 0);

/** Returns the protocol to pass the packet on to, or 0. @kernel udp_queue_rcv_one_skb net/ipv4/udp.c v6.12 */
function udpQueueRcvOneSkb(sk: UdpSock, skb: SkBuff): number {
  const { encapRcv, filters } = sk.options;
  if (encapRcv !== undefined) {
    if (!skbCsumUnnecessary(skb) && !udpChecksumComplete(skb)) return dropWrongChecksum(sk, skb);
    const ret = encapRcv(skb);
    if (ret <= 0) return -ret;
  }
  if (filters && !skbCsumUnnecessary(skb) && !udpChecksumComplete(skb)) return dropWrongChecksum(sk, skb);
  udpCsumPullHeader(skb);
  udpEnqueueSkb(sk, skb);
  return 0;
}

function dropWrongChecksum(sk: UdpSock, skb: SkBuff): 0 {
  sk.inErrors++;
  sk.drops++;
  kfreeSkb(skb);
  return 0;
}

/** Whether the checksum is right, or none. @kernel udp_lib_checksum_complete include/net/udp.h */
export function udpChecksumComplete(skb: SkBuff): boolean {
  if (readU16(skb, skb.transportHeader + UDP_CHECK) === 0) return true;
  const sum = skbChecksum(skb, 0, skb.len, 0);
  const ipv6 = skb.protocol === ETH_P_IPV6;
  const at = linearAt(skb, skb.networkHeader, ipv6 ? 40 : 20);
  const bytes = skb.mem.arena.bytes;
  const total = ipv6
    ? pseudoSumV6(bytes, at + IPV6_SADDR, at + IPV6_DADDR, skb.len, IPPROTO_UDP, sum)
    : pseudoSumV4(bytes, at + IPV4_SADDR, at + IPV4_DADDR, skb.len, IPPROTO_UDP, sum);
  return csumFold(total) === 0;
}

/** @kernel udp_csum_pull_header include/net/udp.h */
function udpCsumPullHeader(skb: SkBuff): void {
  if (!skb.csumValid && skb.ipSummed === CHECKSUM_NONE) {
    skb.csum = csumAdd(skb.csum, skbChecksum(skb, 0, UDP_HLEN, 0));
  }
  skbPullRcsum(skb, UDP_HLEN);
}

/** Charges and queues; a full buffer drops, but one packet always fits. @kernel __udp_enqueue_schedule_skb net/ipv4/udp.c */
function udpEnqueueSkb(sk: UdpSock, skb: SkBuff): void {
  const rmem = sk.rmemAlloc;
  if (rmem > 0 && rmem + skb.truesize > sk.rcvbuf) {
    sk.rcvbufErrors++;
    sk.inErrors++;
    sk.drops++;
    kfreeSkb(skb);
    return;
  }
  if (rmem > sk.rcvbuf >> 1) skbCondense(skb);
  sk.enqueue(skb);
}

/** What became of a packet that came in for UDP. */
export interface Delivery {
  /** Listeners for which no clone could be made. */
  readonly cloneFailures: number;
  /** Why nobody got it, or the empty string. */
  readonly dropReason: string;
}

/**
 * A packet for UDP: `data` is at the IP header.
 *
 * @kernel ip_rcv_core net/ipv4/ip_input.c, ip6_rcv_core, __udp4_lib_rcv, __udp6_lib_rcv; what concerns lengths and owner
 */
export function udpRcv(k: NetKernel, skb: SkBuff, sockets: readonly UdpSock[], multicast: boolean): Delivery {
  skbOrphan(skb);
  if (!ipFindUdp(skb, IPPROTO_UDP)) return dropped(skb, "no-udp");
  const ipHeader = skb.transportHeader - skb.networkHeader;
  if (!pskbMayPull(skb, ipHeader + UDP_HLEN)) return dropped(skb, "short");
  skbPullInner(skb, ipHeader);
  const ulen = readU16(skb, skb.transportHeader + UDP_LEN);
  if (ulen < UDP_HLEN || ulen > skb.len) return dropped(skb, "short");
  if (ulen < skb.len && pskbTrimRcsum(skb, ulen) !== 0) return dropped(skb, "short");
  const isIpv6 = skb.protocol === ETH_P_IPV6;
  if (isIpv6 && readU16(skb, skb.transportHeader + UDP_CHECK) === 0) return dropped(skb, "zero-checksum");
  const queue = isIpv6 ? udpv6QueueRcvSkb : udpQueueRcvSkb;
  if (multicast) return udpLibMcastDeliver(k, skb, sockets, queue);
  const first = sockets[0];
  if (first === undefined) return dropped(skb, "no-socket");
  consumeUnwanted(skb, queue(k, first, skb));
  return { cloneFailures: 0, dropReason: "" };
}

function dropped(skb: SkBuff, dropReason: string): Delivery {
  kfreeSkb(skb);
  return { cloneFailures: 0, dropReason };
}

/**
 * Every listener but the first gets a clone, each fully dealt with before the next is made; the first gets the
 * original, last.
 *
 * @kernel __udp4_lib_mcast_deliver net/ipv4/udp.c, __udp6_lib_mcast_deliver net/ipv6/udp.c v6.12
 */
export function udpLibMcastDeliver(
  k: NetKernel,
  skb: SkBuff,
  sockets: readonly UdpSock[],
  queue: typeof udpQueueRcvSkb,
  resubmit?: Resubmit,
): Delivery {
  let cloneFailures = 0;
  for (const sk of sockets.slice(1)) {
    const clone = skbClone(skb);
    if (clone === null) {
      sk.drops++;
      sk.rcvbufErrors++;
      sk.inErrors++;
      cloneFailures++;
      continue;
    }
    consumeUnwanted(clone, queue(k, sk, clone, resubmit));
  }
  const first = sockets[0];
  if (first === undefined) return dropped(skb, "ignored-multi");
  consumeUnwanted(skb, queue(k, first, skb, resubmit));
  return { cloneFailures, dropReason: "" };
}

/** Of several listeners none can pass the packet on. */
function consumeUnwanted(skb: SkBuff, ret: number): void {
  if (ret > 0) consumeSkb(skb);
}
