/** Segmentation of packets behind a network service header. */

import { NETIF_F_SG } from "../../abi/features.js";
import { readU8, readU16 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbPullInner, skbResetMacHeader, skbResetNetworkHeader } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN, ETH_P_TEB } from "../../wire/ethernet.js";
import {
  ETH_P_NSH,
  NSH_BASE_HDR_LEN,
  NSH_NEXT_PROTO,
  NSH_VER_FLAGS_TTL_LEN,
  nshHdrLen,
  tunPToEthP,
} from "../../wire/nsh.js";
import { isErr, skbGsoErrorUnwind, skbMacGsoSegment } from "../core/gso.js";
import type { NetKernel, Segments } from "../NetKernel.js";
import type { NshOuter } from "./nsh.seams.js";

/**
 * `data` is at the service header. -EINVAL for a header that is cut short, too short, or announces nothing known.
 *
 * On an error or NULL the outer packet is as it was, apart from its transport header, `encapsulation`, which is set,
 * and its protocol, which is NSH where a VLAN tag was in front.
 *
 * @kernel nsh_gso_segment net/nsh/nsh.c v6.12
 */
export function nshGsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  skbResetNetworkHeader(skb);
  if (!pskbMayPull(skb, NSH_BASE_HDR_LEN)) return -EINVAL;
  const nshLen = nshHdrLen(readU16(skb, skb.networkHeader + NSH_VER_FLAGS_TTL_LEN));
  if (nshLen < NSH_BASE_HDR_LEN || !pskbMayPull(skb, nshLen)) return -EINVAL;
  const proto = tunPToEthP(readU8(skb, skb.networkHeader + NSH_NEXT_PROTO));
  if (proto === 0) return -EINVAL;

  const { protocol, macHeader, macLen, macHeaderLen: outerHlen } = skb;
  const outer: NshOuter = { protocol, macHeader, macLen, outerHlen, nshLen };
  skbPullInner(skb, nshLen);
  skbResetMacHeader(skb);
  skb.macLen = proto === ETH_P_TEB ? ETH_HLEN : 0;
  skb.protocol = proto;

  const segs = skbMacGsoSegment(k, skb, features & NETIF_F_SG);
  if (segs === null || isErr(segs)) {
    skbGsoErrorUnwind(skb, ETH_P_NSH, nshLen, k.nsh.macHeaderToRestore(skb, outer), macLen);
    return segs;
  }
  for (let seg: SkBuff | null = segs; seg !== null; seg = seg.next) k.nsh.restoreOuter(seg, outer);
  return segs;
}
