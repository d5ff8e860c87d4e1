/** Receive offload of frames inside VXLAN, with remote checksum offload. Left out: GPE, whose inside is no frame. */
import { readU32 } from "../../skb/bytes.js";
import type { Errno } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { TCP_CHECK } from "../../wire/tcp.js";
import { UDP_CHECK } from "../../wire/udp.js";
import { VXLAN_FLAGS, VXLAN_HLEN, VXLAN_VNI } from "../../wire/vxlan.js";
import { callGroReceive } from "../core/gro/callback.js";
import {
  type GroRemcsum,
  skbGroFlushFinalRemcsum,
  skbGroPostpullRcsum,
  skbGroRemcsumInit,
  skbGroRemcsumProcess,
} from "../core/gro/checksum.js";
import { groReadU32, skbGroHeader } from "../core/gro/groHeader.js";
import { napiGroCb, skbGroOffset, skbGroPull } from "../core/gro/napiGroCb.js";
import { ethGro } from "../ethernet/eth.js";
import type { GroCallbacks, GroResult, NetKernel } from "../NetKernel.js";

/** The inner checksum is left to the receiver; where it starts and lies stands in the last byte of the VNI word. */
const VXLAN_HF_RCO = 0x0020_0000;
/** In units of two bytes. */
const VXLAN_RCO_MASK = 0x7f;
const VXLAN_RCO_SHIFT = 1;
/** The field is UDP's; otherwise TCP's. */
const VXLAN_RCO_UDP = 0x80;

export interface VxlanGroOptions {
  /** Remote checksum offload is understood. @kernel VXLAN_F_REMCSUM_RX */
  readonly remcsumRx: boolean;
  /** The inner checksum is filled in at once. @kernel VXLAN_F_REMCSUM_NOPARTIAL */
  readonly remcsumNopartial: boolean;
}

/** The callbacks of a VXLAN socket. @kernel vxlan_gro_receive, vxlan_gro_complete drivers/net/vxlan/vxlan_core.c v6.12 */
export const vxlanGro = (options: VxlanGroOptions): GroCallbacks => ({
  receive: (k, held, skb) => vxlanGroReceive(k, held, skb, options),
  complete: vxlanGroComplete,
});

function vxlanGroReceive(k: NetKernel, held: readonly SkBuff[], skb: SkBuff, options: VxlanGroOptions): GroResult {
  const grc = skbGroRemcsumInit();
  const isParsed = vxlanGroPrepareReceive(held, skb, grc, options);
  const pp = isParsed ? callGroReceive(k, ethGro.receive, held, skb) : null;
  skbGroFlushFinalRemcsum(skb, pp, isParsed ? 0 : 1, grc);
  return pp;
}

/** Takes the header off; false when nothing may be merged. @kernel vxlan_gro_prepare_receive */
function vxlanGroPrepareReceive(
  held: readonly SkBuff[],
  skb: SkBuff,
  grc: GroRemcsum,
  options: VxlanGroOptions,
): boolean {
  const off = skbGroOffset(skb);
  if (!skbGroHeader(skb, off, VXLAN_HLEN)) return false;
  skbGroPostpullRcsum(skb, off, VXLAN_HLEN);
  const flags = groReadU32(skb, off + VXLAN_FLAGS);
  const vni = groReadU32(skb, off + VXLAN_VNI);
  if (flags & VXLAN_HF_RCO && options.remcsumRx && !vxlanGroRemcsum(skb, off, vni, grc, options.remcsumNopartial)) {
    return false;
  }
  skbGroPull(skb, VXLAN_HLEN);
  for (const p of held) {
    const cb = napiGroCb(p);
    if (!cb.sameFlow) continue;
    const vh2 = p.data + off;
    if (readU32(p, vh2 + VXLAN_FLAGS) !== flags || readU32(p, vh2 + VXLAN_VNI) !== vni) cb.sameFlow = false;
  }
  return true;
}

/** @kernel vxlan_gro_remcsum drivers/net/vxlan/vxlan_core.c v6.12 */
function vxlanGroRemcsum(skb: SkBuff, off: number, vni: number, grc: GroRemcsum, nopartial: boolean): boolean {
  if (skb.remcsumOffload) return true;
  if (!napiGroCb(skb).csumValid) return false;
  const start = (vni & VXLAN_RCO_MASK) << VXLAN_RCO_SHIFT;
  const offset = start + (vni & VXLAN_RCO_UDP ? UDP_CHECK : TCP_CHECK);
  if (!skbGroRemcsumProcess(skb, off, VXLAN_HLEN, start, offset, grc, nopartial)) return false;
  skb.remcsumOffload = true;
  return true;
}

/** The inner link header is set there, as always under encapsulation. @kernel vxlan_gro_complete */
const vxlanGroComplete = (k: NetKernel, skb: SkBuff, nhoff: number): Errno =>
  ethGro.complete(k, skb, nhoff + VXLAN_HLEN);
