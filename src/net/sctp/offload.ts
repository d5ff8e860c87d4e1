/** SCTP segmentation: chunks were bundled into packets already, so each list member is a segment of its own. */

import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NETIF_F_GSO_ROBUST,
  NETIF_F_HW_CSUM,
  NETIF_F_SCTP_CRC,
  NETIF_F_SG,
  SKB_GSO_SCTP,
} from "../../abi/features.js";
import { writeU32 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbPullInner } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { SCTP_CHECKSUM, SCTP_HLEN } from "../../wire/sctp.js";
import { sctpComputeCksum } from "../core/crc32cCsum.js";
import { skbGsoOk } from "../core/features.js";
import { isErr } from "../core/gso.js";
import { skbSegment } from "../core/skbSegment.js";
import type { NetKernel, Segments } from "../NetKernel.js";

/**
 * `data` is at the SCTP header. Everything is copied, and no ones-complement sum is taken: the CRC is neither.
 *
 * @kernel sctp_gso_segment net/sctp/offload.c v6.12
 */
export function sctpGsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  const shinfo = skb.shinfo;
  if (!(shinfo.gsoType & SKB_GSO_SCTP) || !pskbMayPull(skb, SCTP_HLEN)) return -EINVAL;
  skbPullInner(skb, SCTP_HLEN);
  if (skbGsoOk(skb, features | NETIF_F_GSO_ROBUST)) {
    skb.shinfo.gsoSegs = countSegments(skb);
    return null;
  }
  const segs = skbSegment(k, skb, (features | NETIF_F_HW_CSUM) & ~NETIF_F_SG);
  if (isErr(segs)) return segs;
  if (!(features & NETIF_F_SCTP_CRC)) {
    for (let seg: SkBuff | null = segs; seg !== null; seg = seg.next) {
      if (seg.ipSummed === CHECKSUM_PARTIAL) sctpGsoMakeChecksum(seg);
    }
  }
  return segs;
}

/** One for chunks in the head itself, and one for each member. */
function countSegments(skb: SkBuff): number {
  let segs = skb.len !== skb.dataLen ? 1 : 0;
  for (let member = skb.shinfo.fragList; member !== null; member = member.next) segs++;
  return segs;
}

/**
 * Stores the CRC. What SKB_GSO_CB says afterwards is for a UDP tunnel around it: nothing is left to be summed.
 *
 * @kernel sctp_gso_make_checksum net/sctp/offload.c
 */
function sctpGsoMakeChecksum(skb: SkBuff): void {
  skb.ipSummed = CHECKSUM_NONE;
  skb.csumNotInet = false;
  skb.cbCsum = 0xffffffff;
  skb.cbCsumStart = skb.headroom + skb.len;
  writeU32(skb, skb.transportHeader + SCTP_CHECKSUM, sctpComputeCksum(skb, skb.transportOffset));
}
