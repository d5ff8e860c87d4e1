/**
 * The virtio_net_hdr in front of a frame: checked and turned into sk_buff metadata, and made again on the way out.
 * Left out: the branch for sk_buffs that a NAPI instance recycles, whose network header is set.
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
import type { SkBuff } from "../../skb/SkBuff.js";
import { TCP_HLEN } from "../../wire/tcp.js";
import { UDP_HLEN } from "../../wire/udp.js";
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
  const seams = k.virtioNet;
  const ipv6 = kind?.ipv6 ?? false;
  const minNetwork = seams.minNetworkHeader(ipv6);
  if (hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
    const needed = hdr.csumStart + Math.max(thlen, hdr.csumOffset + 2);
    if (!seams.pullHeaders(skb, needed)) return -EINVAL;
    const err = seams.checkLengths(skb, hdr, needed);
    if (err !== 0) return err;
    if (!skbPartialCsumSet(skb, hdr.csumStart, hdr.csumOffset)) return -EINVAL;
    if (skb.transportOffset < seams.leastCsumStart(ipv6)) return -EINVAL;
    payloadOffset = Math.max(minNetwork, skb.transportOffset) + thlen;
    if (!seams.pullHeaders(skb, payloadOffset)) return -EINVAL;
  } else if (kind !== undefined) {
    payloadOffset = minNetwork + thlen;
    if (!seams.pullHeaders(skb, payloadOffset)) return -EINVAL;
  }
  return kind === undefined ? 0 : setGso(k, skb, hdr, kind, payloadOffset);
}

function setGso(k: NetKernel, skb: SkBuff, hdr: VirtioNetHdr, kind: GsoKind, payloadOffset: number): Errno {
  const seams = k.virtioNet;
  const ecn = (hdr.gsoType & VIRTIO_NET_HDR_GSO_ECN) !== 0;
  const payload = (skb.len - payloadOffset) >>> 0;
  let gsoSize = hdr.gsoSize;
  let segmentable = payload;
  switch (kind.type) {
    case SKB_GSO_UDP:
      segmentable = seams.fragmented(payload);
      break;
    case SKB_GSO_UDP_L4: {
      const err = seams.checkUdpL4(skb, payload, gsoSize, ecn);
      if (err !== 0) return err;
      break;
    }
    default:
      if (!seams.isTcpChecksum(skb)) return -EINVAL;
      gsoSize = seams.leastTcpGsoSize(gsoSize);
  }
  if (gsoSize === GSO_BY_FRAGS) return -EINVAL;
  const is = seams.kindOf(segmentable, gsoSize);
  if (is === "refused") return -EINVAL;
  if (is === "gso") {
    skb.shinfo.gsoSize = gsoSize;
    skb.shinfo.gsoType = kind.type | (ecn ? SKB_GSO_TCP_ECN : 0) | SKB_GSO_DODGY;
    skb.shinfo.gsoSegs = 0;
  }
  return 0;
}

/**
 * The header for a frame that is read from a tap. `vlanHlen` bytes are about to be inserted in front of the checksum.
 * `hasDataValid`: the reader may be told that the checksum is right. Undefined for a GSO type that the header cannot
 * express.
 *
 * @kernel virtio_net_hdr_from_skb include/linux/virtio_net.h v6.12
 */
export function virtioNetHdrFromSkb(skb: SkBuff, vlanHlen: number, hasDataValid = true): VirtioNetHdr | undefined {
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
  } else if (hasDataValid && skb.ipSummed === CHECKSUM_UNNECESSARY) {
    hdr.flags = VIRTIO_NET_HDR_F_DATA_VALID;
  }
  return hdr;
}
