/**
 * Segmentation of packets inside GRE. Left out: IPsec behind the tunnel, which forbids leaving the checksum to the
 * device.
 */

import { CHECKSUM_PARTIAL, NETIF_F_HW_CSUM, SKB_GSO_GRE_CSUM, SKB_GSO_PARTIAL } from "../../abi/features.js";
import { csumFold } from "../../bytes/checksum.js";
import { writeU16 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { GRE_BASE_HLEN, GRE_CHECK, GRE_RESERVED1 } from "../../wire/gre.js";
import { skbIsGso } from "../core/features.js";
import { gsoMakeChecksum, isErr, skbGsoErrorUnwind, skbMacGsoSegment, skbTnlHeaderLen } from "../core/gso.js";
import { enterTunnel, leaveTunnel, tunnelDevice } from "../core/tunnelGso.js";
import type { NetKernel, Segments } from "../NetKernel.js";

/**
 * `data` is at the GRE header; `inner_mac_header` is its end. -EINVAL for a packet that no tunnel device made.
 *
 * On an error or NULL the outer packet is as it was, apart from its running sums.
 *
 * @kernel gre_gso_segment net/ipv4/gre_offload.c v6.12
 */
export function greGsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  const tnlHlen = skb.innerMacHeader - skb.transportHeader;
  if (!skb.encapsulation || tnlHlen < GRE_BASE_HLEN || !pskbMayPull(skb, tnlHlen)) return -EINVAL;

  const outer = enterTunnel(skb, tnlHlen, skb.innerProtocol);
  const needCsum = (skb.shinfo.gsoType & SKB_GSO_GRE_CSUM) !== 0;
  skb.encapHdrCsum = needCsum;
  const device = tunnelDevice(skb);
  features &= device.hwEncFeatures;
  if (needCsum) features = k.greOffload.featuresUnderChecksum(features);
  const offloadCsum = needCsum && (device.features & NETIF_F_HW_CSUM) !== 0;

  const segs = skbMacGsoSegment(k, skb, features);
  if (segs === null || isErr(segs)) {
    skbGsoErrorUnwind(skb, outer.protocol, tnlHlen, outer.macHeader, outer.macLen);
    return segs;
  }

  const outerHlen = skbTnlHeaderLen(skb);
  const gsoPartial = (segs.shinfo.gsoType & SKB_GSO_PARTIAL) !== 0;
  for (let seg: SkBuff | null = segs; seg !== null; seg = seg.next) {
    leaveTunnel(seg, outer, outerHlen, outerHlen - tnlHlen);
    if (needCsum) finishGreChecksum(seg, gsoPartial, offloadCsum);
  }
  return segs;
}

/** The checksum of one segment's GRE header: computed here, or left to the device when that has nothing else to sum. */
function finishGreChecksum(seg: SkBuff, gsoPartial: boolean, offloadCsum: boolean): void {
  const greh = seg.transportHeader;
  let check = 0;
  if (gsoPartial && skbIsGso(seg)) {
    // The inner checksum counts the whole segment's length, the inner headers that of one of the device's pieces.
    const excess = seg.len + seg.headroom - seg.cbMacOffset - seg.shinfo.gsoSize;
    check = ~csumFold(excess >>> 0) & 0xffff;
  }
  writeU16(seg, greh + GRE_CHECK, check);
  writeU16(seg, greh + GRE_RESERVED1, 0);
  if (seg.encapsulation || !offloadCsum) {
    writeU16(seg, greh + GRE_CHECK, gsoMakeChecksum(seg, 0));
  } else {
    seg.ipSummed = CHECKSUM_PARTIAL;
    seg.csumStart = greh;
    seg.csumOffset = GRE_CHECK;
  }
}
