/** Segmentation of packets behind MPLS labels. */

import { KernelFault } from "../../memory/fault.js";
import { EINVAL } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbPullInner, skbPushInner, skbResetMacHeader, skbResetNetworkHeader } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { isErr, skbGsoErrorUnwind, skbMacGsoSegment } from "../core/gso.js";
import { tunnelDevice } from "../core/tunnelGso.js";
import type { NetKernel, Segments } from "../NetKernel.js";

/**
 * `data` is at the first label; the inner network header is the end of the stack. -EINVAL where that cannot be.
 *
 * On an error or NULL the outer packet is as it was, apart from its transport header and `encapsulation`, which is set.
 *
 * @kernel mpls_gso_segment net/mpls/mpls_gso.c v6.12
 */
export function mplsGsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  if (skb.innerNetworkHeader === 0) return -EINVAL;
  const { protocol, macHeader, macLen } = skb;
  skbResetNetworkHeader(skb);
  const hlen = (skb.innerNetworkHeader - skb.networkHeader) >>> 0;
  if (!k.mplsGso.isLabelStack(hlen) || !pskbMayPull(skb, hlen)) return -EINVAL;
  // Nothing is taken off and the same handler comes next, with the same packet: the recursion has no end.
  if (hlen === 0 && k.offloads.packet.get(skb.innerProtocol) === mplsGsoSegment) {
    throw new KernelFault("STALL", "mpls-no-progress", { len: skb.len });
  }

  skb.protocol = skb.innerProtocol;
  skbPullInner(skb, hlen);
  skb.macLen = 0;
  skbResetMacHeader(skb);

  const segs = skbMacGsoSegment(k, skb, tunnelDevice(skb).mplsFeatures & features);
  if (segs === null || isErr(segs)) {
    skbGsoErrorUnwind(skb, protocol, hlen, macHeader, macLen);
    return segs;
  }
  for (let seg: SkBuff | null = segs; seg !== null; seg = seg.next) {
    seg.macLen = macLen;
    seg.protocol = protocol;
    seg.innerNetworkHeader = seg.data & 0xffff;
    skbPushInner(seg, hlen + macLen);
    skbResetMacHeader(seg);
    seg.networkHeader = (seg.data + macLen) & 0xffff;
  }
  return segs;
}
