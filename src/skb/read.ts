/** Reading a packet over its linear part, its fragments and its list; copying and summing. */
import { csumBlockAdd, csumPartial } from "../bytes/checksum.js";
import { crc32c } from "../bytes/crc32c.js";
import { bugOn, KernelFault } from "../memory/fault.js";
import { linearAt } from "./bytes.js";
import type { SkBuff } from "./SkBuff.js";

/** Called with a stretch of arena bytes and its position behind the start of the walk. */
type Visit = (at: number, n: number, position: number) => void;

/**
 * Visits `n` bytes from `offset` on, counted from `data` (negative: headroom). Returns how many there were not.
 */
function walk(skb: SkBuff, offset: number, n: number, visit: Visit, position: number, depth = 0): number {
  if (depth > 4) throw new KernelFault("STALL", "nested-lists");
  skb.assertAlive("bytes");
  let start = skb.headlen | 0;
  const linear = start - offset;
  if (linear > 0) {
    const take = Math.min(linear, n);
    visit(linearAt(skb, skb.data + offset, take), take, position);
    n -= take;
    if (n === 0) return 0;
    offset += take;
    position += take;
  }
  const shinfo = skb.shinfo;
  for (const frag of shinfo.frags) {
    const end = start + frag.len;
    const take = Math.min(end - offset, n);
    if (take > 0) {
      if (frag.page.refs <= 0) throw skb.mem.invalid("use-after-free", frag.page.name, "bytes");
      const from = frag.offset + offset - start;
      if (from < 0 || from + take > frag.page.size) throw skb.mem.invalid("out-of-bounds", frag.page.name, "bytes");
      visit(frag.page.base + from, take, position);
      n -= take;
      if (n === 0) return 0;
      offset += take;
      position += take;
    }
    start = end;
  }
  for (let member = shinfo.fragList; member !== null; member = member.next) {
    member.assertAlive("len");
    const end = start + member.len;
    const take = Math.min(end - offset, n);
    if (take > 0) {
      const missing = walk(member, offset - start, take, visit, position, depth + 1);
      if (missing !== 0) return missing + n - take;
      n -= take;
      if (n === 0) return 0;
      offset += take;
      position += take;
    }
    start = end;
  }
  return n;
}

/**
 * Copies `n` bytes into `to`; false when the packet has fewer. `to` may be the arena itself.
 *
 * @kernel skb_copy_bits net/core/skbuff.c
 */
export function copyBits(skb: SkBuff, offset: number, to: Uint8Array, at: number, n: number): boolean {
  if (offset > (skb.len | 0) - n) return false;
  if (n === 0) return true;
  // A touch during the walk may let another holder run and the arena grow, so its bytes are asked for each time.
  const { arena } = skb.mem;
  const copy: Visit =
    to === arena.bytes
      ? (from, take, position) => arena.bytes.copyWithin(at + position, from, from + take)
      : (from, take, position) => to.set(arena.bytes.subarray(from, from + take), at + position);
  return walk(skb, offset, n, copy, 0) === 0;
}

/** A copy of `n` bytes from `offset` on, or null. @kernel skb_header_pointer include/linux/skbuff.h */
export function skbHeaderBytes(skb: SkBuff, offset: number, n: number): Uint8Array | null {
  const out = new Uint8Array(n);
  return copyBits(skb, offset, out, 0, n) ? out : null;
}

/**
 * Ones-complement sum of `n` bytes from `offset` on, added to `init`. The kernel stops when the bytes run out.
 *
 * @kernel skb_checksum net/core/skbuff.c
 */
export function skbChecksum(skb: SkBuff, offset: number, n: number, init: number): number {
  if (n === 0) return init;
  const { arena } = skb.mem;
  let sum = init;
  const missing = walk(
    skb,
    offset,
    n,
    (at, take, position) => {
      sum =
        position === 0
          ? csumPartial(arena.bytes, at, take, sum)
          : csumBlockAdd(sum, csumPartial(arena.bytes, at, take, 0), position);
    },
    0,
  );
  bugOn(missing !== 0, "csum-short", { len: skb.len, dataLen: skb.dataLen, offset, missing });
  return sum;
}

/**
 * CRC32c of `n` bytes from `offset` on, continued from `init` and not inverted at the end.
 *
 * @kernel __skb_checksum with crc32c_csum_ops net/core/skbuff.c
 */
export function skbCrc32c(skb: SkBuff, offset: number, n: number, init: number): number {
  const { arena } = skb.mem;
  let crc = init;
  const missing = walk(
    skb,
    offset,
    n,
    (at, take) => {
      crc = crc32c(arena.bytes, at, take, crc);
    },
    0,
  );
  bugOn(missing !== 0, "csum-short", { len: skb.len, dataLen: skb.dataLen, offset, missing });
  return crc;
}

/** Copies and sums in one go. @kernel skb_copy_and_csum_bits net/core/skbuff.c */
export function skbCopyAndCsumBits(skb: SkBuff, offset: number, to: number, n: number): number {
  const { arena } = skb.mem;
  let sum = 0;
  if (n === 0) return sum;
  const missing = walk(
    skb,
    offset,
    n,
    (at, take, position) => {
      arena.bytes.copyWithin(to + position, at, at + take);
      sum = csumBlockAdd(sum, csumPartial(arena.bytes, to + position, take, 0), position);
    },
    0,
  );
  bugOn(missing !== 0, "csum-short", { len: skb.len, dataLen: skb.dataLen, offset, missing });
  return sum;
}

/** Linear bytes and page fragments, without the frag_list. @kernel skb_pagelen include/linux/skbuff.h */
export function skbPagelen(skb: SkBuff): number {
  let len = skb.headlen;
  for (const frag of skb.shinfo.frags) len += frag.len;
  return len >>> 0;
}
