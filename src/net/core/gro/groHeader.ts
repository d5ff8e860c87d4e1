/**
 * The header window of receive offload: bytes that can be read without copying anything, in the linear part or, for a
 * packet without one, in its first fragment.
 *
 * Offsets count from `data`. The kernel keeps a pointer to the window that goes stale once bytes are pulled, and never
 * looks through it again, because requests only grow; here the window moves along with the bytes.
 */
import { bugOn } from "../../../memory/fault.js";
import { linearAt, putBytes, readU8, readU16, readU32, writeU16 } from "../../../skb/bytes.js";
import type { Frag } from "../../../skb/Page.js";
import { pskbMayPull } from "../../../skb/pullTail.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { skbFragUnref } from "../../../skb/zerocopy.js";
import { NapiGroCb, napiGroCb } from "./napiGroCb.js";

/**
 * Gives the packet a fresh control block with its window at `data`.
 *
 * @kernel skb_gro_reset_offset include/net/gro.h v6.12
 */
export function skbGroResetOffset(skb: SkBuff): void {
  const cb = new NapiGroCb(skb);
  skb.cb = cb;
  cb.frag0Len = skb.headlen;
  if (skb.headlen > 0) return;
  const first = skb.shinfo.frags[0];
  if (first === undefined) return;
  cb.frag0InFrag = true;
  cb.frag0Len = Math.min(first.len, skb.end - skb.tail);
}

/** Whether the first `hlen` bytes lie in the window. @kernel skb_gro_may_pull include/net/gro.h v6.12 */
export const skbGroMayPull = (skb: SkBuff, hlen: number): boolean => hlen <= napiGroCb(skb).frag0Len;

/**
 * Makes the `len` bytes from `off` on readable, pulling them into the linear part when the window is too short; false
 * when the packet has fewer, or no memory.
 *
 * @kernel skb_gro_header include/net/gro.h v6.12
 */
export function skbGroHeader(skb: SkBuff, off: number, len: number): boolean {
  return skbGroMayPull(skb, off + len) || skbGroHeaderSlow(skb, off + len);
}

/** @kernel skb_gro_header_slow include/net/gro.h v6.12 */
export function skbGroHeaderSlow(skb: SkBuff, hlen: number): boolean {
  if (!pskbMayPull(skb, hlen)) return false;
  const cb = napiGroCb(skb);
  cb.frag0InFrag = false;
  cb.frag0Len = skb.headlen;
  return true;
}

/** Where byte `off` lies in the arena, `n` bytes of the window being readable from there. */
export function groWindowAt(skb: SkBuff, off: number, n: number): number {
  const cb = napiGroCb(skb);
  if (!cb.frag0InFrag) return linearAt(skb, skb.data + off, n);
  const first = skb.shinfo.frags[0];
  if (first === undefined || off < 0 || off + n > first.len) throw skb.mem.invalid("out-of-bounds", skb.name, "frag0");
  if (first.page.refs <= 0) throw skb.mem.invalid("use-after-free", first.page.name, "frag0");
  return first.page.base + first.offset + off;
}

export function groReadU8(skb: SkBuff, off: number): number {
  if (!napiGroCb(skb).frag0InFrag) return readU8(skb, skb.data + off);
  return skb.mem.arena.bytes[groWindowAt(skb, off, 1)] as number;
}

export function groReadU16(skb: SkBuff, off: number): number {
  if (!napiGroCb(skb).frag0InFrag) return readU16(skb, skb.data + off);
  const at = groWindowAt(skb, off, 2);
  const { bytes } = skb.mem.arena;
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function groReadU32(skb: SkBuff, off: number): number {
  if (!napiGroCb(skb).frag0InFrag) return readU32(skb, skb.data + off);
  return ((groReadU16(skb, off) << 16) | groReadU16(skb, off + 2)) >>> 0;
}

/** A copy of `n` bytes. */
export function groReadBytes(skb: SkBuff, off: number, n: number): Uint8Array {
  const at = groWindowAt(skb, off, n);
  return skb.mem.arena.bytes.slice(at, at + n);
}

/** Stores a 16-bit number in the window. */
export function groWriteU16(skb: SkBuff, off: number, value: number): void {
  if (!napiGroCb(skb).frag0InFrag) {
    writeU16(skb, skb.data + off, value);
    return;
  }
  const at = groWindowAt(skb, off, 2);
  const { bytes } = skb.mem.arena;
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Whether `n` bytes from `off` on are the same in the new packet and in a held one, whose headers are linear. */
export function groSameBytes(skb: SkBuff, p: SkBuff, off: number, n: number): boolean {
  const mine = groWindowAt(skb, off, n);
  const { bytes } = skb.mem.arena;
  // The comparison ends with the first difference, so that a shorter header is not left.
  for (let i = 0; i < n; i++) if (bytes[mine + i] !== readU8(p, p.data + off + i)) return false;
  return true;
}

/**
 * Moves the first `grow` bytes of the window out of the first fragment, which is dropped when nothing remains of it.
 *
 * @kernel gro_pull_from_frag0 net/core/gro.c v6.12
 */
export function groPullFromFrag0(skb: SkBuff, grow: number): void {
  bugOn(skb.end - skb.tail < grow, "gro-frag0-tailroom", { grow });
  const bytes = groReadBytes(skb, 0, grow);
  putBytes(skb, skb.tail, bytes);
  skb.dataLen -= grow;
  skb.tail += grow;

  const shinfo = skb.shinfo;
  const [first, ...rest] = shinfo.frags as [Frag, ...Frag[]];
  const left = { page: first.page, offset: first.offset + grow, len: first.len - grow };
  if (left.len === 0) skbFragUnref(skb, first);
  shinfo.fragsChangedTo(left.len === 0 ? rest : [left, ...rest]);
}

/** Makes everything that was parsed linear. @kernel gro_try_pull_from_frag0 net/core/gro.c v6.12 */
export function groTryPullFromFrag0(skb: SkBuff): void {
  const cb = napiGroCb(skb);
  const grow = cb.dataOffset - skb.headlen;
  if (grow > 0) groPullFromFrag0(skb, grow);
  cb.frag0InFrag = false;
  cb.frag0Len = skb.headlen;
}
