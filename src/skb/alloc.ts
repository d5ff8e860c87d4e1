/** Allocation of sk_buffs and heads, with the rounding of the allocator in force. */
import type { Memory } from "../memory/Memory.js";
import { Head } from "./Head.js";
import { Page } from "./Page.js";
import { SkBuff } from "./SkBuff.js";

/** Overhead of the shared info behind a head, in bytes, on 64-bit with 64-byte cache lines and 17 fragments. */
export const SHINFO_OVERHEAD = 320;
/** `SKB_DATA_ALIGN(sizeof(struct sk_buff))`. */
const SKB_OVERHEAD = 256;
/** `NET_SKB_PAD`: headroom that receive paths reserve. */
export const NET_SKB_PAD = 64;
export const PAGE_SIZE = 4096;
/** @kernel SKB_SMALL_HEAD_CACHE_SIZE net/core/skbuff.c, x86-64 with 128 bytes of link headers and tunnels enabled */
const SMALL_HEAD = 704;

/** @kernel SKB_DATA_ALIGN include/linux/skbuff.h */
export const skbDataAlign = (size: number): number => (size + 63) & ~63;
/** @kernel SKB_TRUESIZE include/linux/skbuff.h */
export const skbTruesize = (size: number): number => size + SKB_OVERHEAD + SHINFO_OVERHEAD;

const KMALLOC_SIZES = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192];

function roundupKmalloc(size: number): number {
  for (const bucket of KMALLOC_SIZES) if (size <= bucket) return bucket;
  let pages = Math.ceil(size / PAGE_SIZE);
  pages = 2 ** Math.ceil(Math.log2(pages));
  return pages * PAGE_SIZE;
}

/** The allocators that a recipe can name. */
export const roundings: Readonly<Record<"identity" | "kmalloc612" | "kmalloc61", Memory["rounding"]>> = {
  identity: (size) => size,
  kmalloc612: (size) => {
    const wanted = skbDataAlign(size) + SHINFO_OVERHEAD;
    return (wanted <= SMALL_HEAD ? SMALL_HEAD : roundupKmalloc(wanted)) - SHINFO_OVERHEAD;
  },
  kmalloc61: (size) => roundupKmalloc(skbDataAlign(size) + SHINFO_OVERHEAD) - SHINFO_OVERHEAD,
};

/** A head of at least `size` bytes from the slab allocator. */
export function allocHead(mem: Memory, size: number): Head {
  const end = mem.rounding(size);
  return new Head(mem, mem.arena.take(end), end);
}

/**
 * An empty sk_buff with at least `size` bytes of room, or null when the allocation fails.
 *
 * @kernel __alloc_skb net/core/skbuff.c
 */
export function allocSkb(mem: Memory, size: number): SkBuff | null {
  if (!mem.mayAllocate(size)) return null;
  return emptySkb(mem, allocHead(mem, size));
}

/**
 * An empty sk_buff over a page fragment, as drivers make for received frames.
 *
 * @kernel build_skb net/core/skbuff.c
 */
export function buildSkb(mem: Memory, size: number): SkBuff | null {
  if (!mem.mayAllocate(size)) return null;
  const base = mem.arena.take(size);
  const skb = emptySkb(mem, new Head(mem, base, size, new Page(mem, base, size)));
  skb.headFrag = true;
  return skb;
}

function emptySkb(mem: Memory, head: Head): SkBuff {
  const skb = new SkBuff(mem, head);
  skb.end = head.size;
  skb.truesize = skbTruesize(head.size);
  return skb;
}

/** A page of its own, with one reference that is the caller's. Null when the allocation fails. */
export function allocPage(mem: Memory, size: number, user = false): Page | null {
  if (!mem.mayAllocate(size)) return null;
  return new Page(mem, mem.arena.take(size), size, user);
}
