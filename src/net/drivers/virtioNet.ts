/**
 * The virtio_net_hdr in front of a frame: checked and turned into sk_buff metadata, and made again on the way out.
 * Left out: tunnel offloads; the branch for sk_buffs that a NAPI instance recycles, whose network header is set.
 */

import {
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  GSO_BY_FRAGS,
  SKB_GSO_DODGY,
  SKB_GSO_TCP_ECN,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { skbPartialCsumSet } from "../../skb/checksumHelp.js";
import { EINVAL, type Errno } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { UDP_CHECK, UDP_HLEN } from "../../wire/udp.js";
import {
  VIRTIO_NET_HDR_F_DATA_VALID,
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_TCPV4,
  VIRTIO_NET_HDR_GSO_TCPV6,
  VIRTIO_NET_HDR_GSO_UDP,
  VIRTIO_NET_HDR_GSO_UDP_L4,
  type VirtioNetHdr,
} from "../../wire/virtioNetHdr.js";
import type { NetKernel } from "../NetKernel.js";

/** Segments that one UDP_L4 frame may hold. @kernel UDP_MAX_SEGMENTS include/linux/udp.h */
const UDP_MAX_SEGMENTS = 128;
const TCP_HLEN = 20;
const TCP_CHECK = 16;

interface GsoKind {
  readonly type: number;
  readonly thlen: number;
  readonly ipv6: boolean;
}
const KINDS: ReadonlyMap<number, GsoKind> = new Map([
  [VIRTIO_NET_HDR_GSO_TCPV4, { type: SKB_GSO_TCPV4, thlen: TCP_HLEN, ipv6: false }],
  [VIRTIO_NET_HDR_GSO_TCPV6, { type: SKB_GSO_TCPV6, thlen: TCP_HLEN, ipv6: true }],
  [VIRTIO_NET_HDR_GSO_UDP, { type: SKB_GSO_UDP, thlen: UDP_HLEN, ipv6: false }],
  [VIRTIO_NET_HDR_GSO_UDP_L4, { type: SKB_GSO_UDP_L4, thlen: UDP_HLEN, ipv6: false }],
]);

/**
 * Takes what the header says into the sk_buff; `data` is at the start of the frame. -EINVAL for everything untrue.
 *
 * @kernel virtio_net_hdr_to_skb include/linux/virtio_net.h v6.12
 */
export function virtioNetHdrToSkb(k: NetKernel, skb: SkBuff, hdr: VirtioNetHdr): Errno {
  let kind: GsoKind | undefined;
  if (hdr.gsoType !== VIRTIO_NET_HDR_GSO_NONE) {
    kind = KINDS.get(hdr.gsoType & ~VIRTIO_NET_HDR_GSO_ECN);
    if (kind === undefined || hdr.gsoSize === 0) return -EINVAL;
  }
  const thlen = kind?.thlen ?? 0;
  skb.macHeader = skb.data;

  let payloadOffset = 0;
  const minNetwork = k.virtioNet.minNetworkHeader(kind?.ipv6 ?? false);
  if (hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
    const needed = hdr.csumStart + Math.max(thlen, hdr.csumOffset + 2);
    if (!pskbMayPull(skb, needed) || !skbPartialCsumSet(skb, hdr.csumStart, hdr.csumOffset)) return -EINVAL;
    if (skb.transportOffset < minNetwork) return -EINVAL;
    payloadOffset = skb.transportOffset + thlen;
    if (!pskbMayPull(skb, payloadOffset)) return -EINVAL;
  } else if (kind !== undefined) {
    payloadOffset = minNetwork + thlen;
    if (!pskbMayPull(skb, payloadOffset)) return -EINVAL;
  }
  return kind === undefined ? 0 : setGso(k, skb, hdr, kind, payloadOffset);
}

function setGso(k: NetKernel, skb: SkBuff, hdr: VirtioNetHdr, kind: GsoKind, payloadOffset: number): Errno {
  const ecn = (hdr.gsoType & VIRTIO_NET_HDR_GSO_ECN) !== 0;
  const partial = skb.ipSummed === CHECKSUM_PARTIAL;
  let gsoSize = hdr.gsoSize;
  let segmentable = payloadOffset;
  switch (kind.type) {
    case SKB_GSO_UDP:
      segmentable -= UDP_HLEN;
      break;
    case SKB_GSO_UDP_L4:
      if (!partial || skb.csumOffset !== UDP_CHECK) return -EINVAL;
      if (skb.len - payloadOffset > gsoSize * UDP_MAX_SEGMENTS || ecn) return -EINVAL;
      break;
    default:
      if (partial && skb.csumOffset !== TCP_CHECK) return -EINVAL;
      gsoSize = k.virtioNet.leastTcpGsoSize(gsoSize);
  }
  if (gsoSize === GSO_BY_FRAGS) return -EINVAL;
  if (skb.len - segmentable > gsoSize) {
    skb.shinfo.gsoSize = gsoSize;
    skb.shinfo.gsoType = kind.type | (ecn ? SKB_GSO_TCP_ECN : 0) | SKB_GSO_DODGY;
    skb.shinfo.gsoSegs = 0;
  }
  return 0;
}

/**
 * The header for a frame that is read from a tap. `vlanHlen` bytes are about to be inserted in front of the checksum.
 * Undefined for a GSO type that the header cannot express.
 *
 * @kernel virtio_net_hdr_from_skb include/linux/virtio_net.h v6.12
 */
export function virtioNetHdrFromSkb(skb: SkBuff, vlanHlen: number): VirtioNetHdr | undefined {
  const hdr = { flags: 0, gsoType: VIRTIO_NET_HDR_GSO_NONE, hdrLen: 0, gsoSize: 0, csumStart: 0, csumOffset: 0 };
  const shinfo = skb.shinfo;
  if (shinfo.gsoSize !== 0) {
    hdr.hdrLen = skb.headlen & 0xffff;
    hdr.gsoSize = shinfo.gsoSize;
    if (shinfo.gsoType & SKB_GSO_TCPV4) hdr.gsoType = VIRTIO_NET_HDR_GSO_TCPV4;
    else if (shinfo.gsoType & SKB_GSO_TCPV6) hdr.gsoType = VIRTIO_NET_HDR_GSO_TCPV6;
    else if (shinfo.gsoType & SKB_GSO_UDP_L4) hdr.gsoType = VIRTIO_NET_HDR_GSO_UDP_L4;
    else return undefined;
    if (shinfo.gsoType & SKB_GSO_TCP_ECN) hdr.gsoType |= VIRTIO_NET_HDR_GSO_ECN;
  }
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    hdr.csumStart = (skb.csumStartOffset + vlanHlen) & 0xffff;
    hdr.csumOffset = skb.csumOffset;
  } else if (skb.ipSummed === CHECKSUM_UNNECESSARY) {
    hdr.flags = VIRTIO_NET_HDR_F_DATA_VALID;
  }
  return hdr;
}
