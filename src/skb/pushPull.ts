/** Moving `data` and `tail`. Lengths are u32 and wrap, as in the kernel. */
import { bugOn, KernelFault } from "../memory/fault.js";
import { HEADER_UNSET, type SkBuff } from "./SkBuff.js";

const INT_MAX = 0x7fffffff;

/** @kernel skb_reserve include/linux/skbuff.h */
export function skbReserve(skb: SkBuff, n: number): void {
  skb.data += n;
  skb.tail += n;
}

/**
 * Appends `n` bytes to the linear area and returns where they begin.
 *
 * @kernel skb_put net/core/skbuff.c
 */
export function skbPut(skb: SkBuff, n: number): number {
  skb.assertAlive("tail");
  bugOn(skb.isNonlinear, "put-nonlinear");
  const at = skb.tail;
  skb.tail += n;
  skb.len = (skb.len + n) >>> 0;
  if (skb.tail > skb.end) throw new KernelFault("PANIC", "over", { len: skb.len, put: n, end: skb.end });
  return at;
}

/** @kernel __skb_push include/linux/skbuff.h: no check of the headroom */
export function skbPushInner(skb: SkBuff, n: number): void {
  skb.assertAlive("data");
  if (n >>> 0 > INT_MAX) skb.mem.warn("DBGWARN", "push-int-max");
  skb.data -= n;
  skb.len = (skb.len + n) >>> 0;
}

/** @kernel skb_push net/core/skbuff.c */
export function skbPush(skb: SkBuff, n: number): void {
  skb.assertAlive("data");
  skb.data -= n;
  skb.len = (skb.len + n) >>> 0;
  if (skb.data < 0) throw new KernelFault("PANIC", "under", { len: skb.len, push: n, data: skb.data });
}

/**
 * Takes `n` bytes off the front. The kernel stops when fewer bytes than `data_len` would remain, which happens for a
 * pull beyond the linear area, and for a packet whose `data_len` has wrapped below zero.
 *
 * @kernel __skb_pull include/linux/skbuff.h
 */
export function skbPullInner(skb: SkBuff, n: number): void {
  skb.assertAlive("data");
  if (n >>> 0 > INT_MAX) skb.mem.warn("DBGWARN", "pull-int-max");
  const len = (skb.len - n) >>> 0;
  bugOn(len < skb.dataLen, "pull", {
    len: skb.len,
    headlen: skb.headlen,
    dataLen: skb.dataLen,
    pull: n,
    gsoSize: skb.shinfo.seen().gsoSize,
  });
  skb.len = len;
  skb.data += n;
}

/** Takes `n` bytes off the front, or changes nothing and returns false when the packet is shorter. @kernel skb_pull */
export function skbPull(skb: SkBuff, n: number): boolean {
  if (n >>> 0 > skb.len) return false;
  skbPullInner(skb, n);
  return true;
}

export function skbResetMacHeader(skb: SkBuff): void {
  skb.macHeader = skb.data & 0xffff;
}
export function skbResetNetworkHeader(skb: SkBuff): void {
  skb.networkHeader = skb.data & 0xffff;
}
export function skbResetTransportHeader(skb: SkBuff): void {
  skb.transportHeader = skb.data & 0xffff;
}
export function skbResetMacLen(skb: SkBuff): void {
  skb.macLen = (skb.networkHeader - skb.macHeader) & 0xffff;
}

/** @kernel skb_reset_inner_headers include/linux/skbuff.h */
export function skbResetInnerHeaders(skb: SkBuff): void {
  skb.innerMacHeader = skb.macHeader;
  skb.innerNetworkHeader = skb.networkHeader;
  skb.innerTransportHeader = skb.transportHeader;
}

/** False when the offset does not fit into 16 bits. @kernel skb_reset_transport_header_careful include/linux/skbuff.h */
export function skbResetTransportHeaderCareful(skb: SkBuff): boolean {
  if (skb.data < 0 || skb.data >= HEADER_UNSET) return false;
  skb.transportHeader = skb.data;
  return true;
}
