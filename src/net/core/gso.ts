/** The GSO dispatcher and the bookkeeping in SKB_GSO_CB. */

import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_ROBUST,
} from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { KernelFault } from "../../memory/fault.js";
import { linearAt } from "../../skb/bytes.js";
import { EINVAL, EPROTONOSUPPORT, type Errno } from "../../skb/errno.js";
import { pskbExpandHead, skbCowHead } from "../../skb/expand.js";
import {
  skbPullInner,
  skbPush,
  skbPushInner,
  skbResetMacHeader,
  skbResetMacLen,
  skbResetTransportHeader,
} from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import type { NetKernel, Segments } from "../NetKernel.js";
import { skbGsoOk } from "./features.js";
import type { NetDevice } from "./NetDevice.js";
import { skbNetworkProtocol } from "./networkProtocol.js";

/** True for an errno, false for a list and for NULL. @kernel IS_ERR */
export const isErr = (segs: Segments): segs is Errno => typeof segs === "number";

/** IP handlers inside each other that a stack of 16 KiB has room for, at some 130 bytes each. */
const STACK_LEVELS = 120;

/** Counts one more IP header; true when that is too many. @kernel gso_recursion_inc_test include/net/gso.h v6.12 */
export function gsoRecursionIncTest(k: NetKernel, skb: SkBuff): boolean {
  const tooMany = ++skb.cbRecursion > k.gso.ipRecursionLimit();
  if (!tooMany && skb.cbRecursion > STACK_LEVELS) throw new KernelFault("PANIC", "gso-stack", { len: skb.len });
  return tooMany;
}

/** Keeps the running sum up while a header's own checksum stays partial. @kernel gso_reset_checksum include/net/gso.h */
export function gsoResetChecksum(skb: SkBuff, res: number): void {
  if (skb.remcsumOffload) return;
  skb.cbCsum = res;
  skb.cbCsumStart = skb.csumStart;
}

/** Of a negative length csum_partial of x86-64 looks at these bits alone. @kernel csum_partial arch/x86/lib/csum-partial_64.c */
const CSUM_PARTIAL_SHORT = 63;

/**
 * The checksum over the transport header and everything behind it, from the running sum of what lies behind. Where
 * nobody kept one, as for the inner packets of a list, the sum begins at the head of the buffer: the length comes out
 * negative, and the checksum covers less than it should.
 *
 * @kernel gso_make_checksum include/net/gso.h
 */
export function gsoMakeChecksum(skb: SkBuff, res: number): number {
  const plen = skb.cbCsumStart - skb.transportHeader;
  const summed = plen < 0 ? plen & CSUM_PARTIAL_SHORT : plen;
  const sum = csumPartial(skb.mem.arena.bytes, linearAt(skb, skb.transportHeader, summed), summed, skb.cbCsum);
  skb.cbCsum = res;
  skb.cbCsumStart = skb.transportHeader;
  return csumFold(sum);
}

/** More headroom during segmentation. @kernel gso_pskb_expand_head include/net/gso.h */
export function gsoPskbExpandHead(skb: SkBuff, extra: number): Errno {
  const headroom = skb.headroom;
  const err = pskbExpandHead(skb, extra, 0);
  if (err === 0) skb.cbMacOffset += skb.headroom - headroom;
  return err;
}

/** Length of the outer headers, in front of the MAC header whose packet is being cut. @kernel skb_tnl_header_len */
export const skbTnlHeaderLen = (skb: SkBuff): number => skb.macHeader - skb.cbMacOffset;

/**
 * Puts the outer header of `pulledHlen` bytes back after the inner packet could not, or need not, be segmented.
 * `macHeader` is an offset from head.
 *
 * @kernel skb_gso_error_unwind include/net/gso.h v6.12
 */
export function skbGsoErrorUnwind(
  skb: SkBuff,
  protocol: number,
  pulledHlen: number,
  macHeader: number,
  macLen: number,
): void {
  skb.protocol = protocol;
  skb.encapsulation = true;
  skbPush(skb, pulledHlen);
  skbResetTransportHeader(skb);
  skb.macHeader = macHeader & 0xffff;
  skb.networkHeader = (macHeader + macLen) & 0xffff;
  skb.macLen = macLen;
}

/**
 * Dispatches to the handler of the network protocol behind the link header. `data` is at the MAC header, on entry and
 * on every return.
 *
 * @kernel skb_mac_gso_segment net/core/gso.c
 */
export function skbMacGsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  const { type, depth } = skbNetworkProtocol(skb);
  if (type === 0) return -EINVAL;
  skbPullInner(skb, depth);
  const handler = k.offloads.packet.get(type);
  const segs = handler === undefined ? -EPROTONOSUPPORT : handler(k, skb, features);
  skbPushInner(skb, skb.data - skb.macHeader);
  return segs;
}

/** Whether the checksum state says that nobody prepared the packet for being sent. */
function needsCheck(skb: SkBuff, txPath: boolean): boolean {
  if (txPath) return skb.ipSummed !== CHECKSUM_PARTIAL && skb.ipSummed !== CHECKSUM_UNNECESSARY;
  return skb.ipSummed === CHECKSUM_NONE;
}

/**
 * Segments a GSO packet in software as far as `features` ask for it. The packet itself is never freed.
 *
 * Returns the list, null when the device can take the packet as it is, or a negative errno. In the fraglist case the
 * head of the list is the packet itself.
 *
 * @kernel __skb_gso_segment net/core/gso.c v6.12
 */
export function skbGsoSegmentInner(k: NetKernel, skb: SkBuff, features: number, txPath: boolean): Segments {
  k.tracepoint?.enter(skb, features, txPath);
  const segs = segmentChecked(k, skb, features, txPath);
  k.tracepoint?.exit(skb, segs);
  return segs;
}

function segmentChecked(k: NetKernel, skb: SkBuff, features: number, txPath: boolean): Segments {
  if (needsCheck(skb, txPath)) {
    const err = skbCowHead(skb, 0);
    if (err !== 0) return err;
  }
  if (features & NETIF_F_GSO_PARTIAL) {
    const device = skb.dev as NetDevice | null;
    const declared = device === null ? 0 : device.features & device.gsoPartialFeatures;
    if (!skbGsoOk(skb, features | NETIF_F_GSO_ROBUST | declared)) features &= ~NETIF_F_GSO_PARTIAL;
  }
  skb.cbMacOffset = skb.headroom;
  skb.cbEncapLevel = 0;
  skb.cbRecursion = 0;
  skbResetMacHeader(skb);
  skbResetMacLen(skb);
  const segs = skbMacGsoSegment(k, skb, features);
  if (segs !== skb && needsCheck(skb, txPath) && k.gso.warnsOfUnprepared(segs)) skb.mem.warn("WARN", "bad-offload");
  return segs;
}

/** @kernel skb_gso_segment include/net/gso.h */
export const skbGsoSegment = (k: NetKernel, skb: SkBuff, features: number): Segments =>
  skbGsoSegmentInner(k, skb, features, true);
