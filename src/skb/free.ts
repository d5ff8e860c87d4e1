/** Dropping references: sk_buffs, their side objects, and the data they share. */
import { KernelFault } from "../memory/fault.js";
import { runDestructor } from "./owner.js";
import { SKB_DATAREF_SHIFT, SKBFL_ALL_ZEROCOPY, SKBFL_MANAGED_FRAG_REFS, SKBFL_ZEROCOPY_ENABLE } from "./SharedInfo.js";
import type { SkBuff } from "./SkBuff.js";

/** @kernel skb_get include/linux/skbuff.h */
export function skbGet(skb: SkBuff): SkBuff {
  skb.assertAlive("users");
  skb.users++;
  return skb;
}

/** @kernel skb_shared include/linux/skbuff.h */
export function skbShared(skb: SkBuff): boolean {
  skb.assertAlive("users");
  return skb.users !== 1;
}

/**
 * Drops one reference; the last one frees the sk_buff and its share of the data.
 *
 * @kernel kfree_skb net/core/skbuff.c
 */
export function kfreeSkb(skb: SkBuff | null): void {
  if (skb === null) return;
  if (skb.users <= 0) throw skb.mem.invalid("double-free", skb.name, "users");
  if (skb.users > 1) {
    skb.users--;
    return;
  }
  skbReleaseHeadState(skb);
  skbReleaseData(skb);
  skb.users = 0;
  skb.mem.skbs--;
}

/** As kfree_skb, for a packet that served its purpose: the two differ only in what the kernel traces. */
export const consumeSkb = kfreeSkb;

/**
 * Drops one reference on each element. Elements with further holders stay alive and keep their `next`.
 *
 * @kernel kfree_skb_list net/core/skbuff.c
 */
export function kfreeSkbList(first: SkBuff | null): void {
  let skb = first;
  let budget = 1 << 16;
  while (skb !== null) {
    const next: SkBuff | null = skb.next;
    kfreeSkb(skb);
    skb = next;
    if (--budget === 0) throw new KernelFault("STALL", "cyclic-list");
  }
}

/**
 * Drops dst, conntrack and extensions, and calls the destructor. Clears only dst: the rest dangles until overwritten.
 *
 * @kernel skb_release_head_state net/core/skbuff.c
 */
export function skbReleaseHeadState(skb: SkBuff): void {
  skb.assertAlive("head state");
  skb.dst?.release();
  skb.dst = null;
  if (skb.destructor !== "") runDestructor(skb);
  skb.nfct?.release();
  skb.extensions?.release();
}

/**
 * Drops this sk_buff's share of the data. The last one releases fragments, frag_list members and the buffer; members
 * therefore belong to the shared info, not to the sk_buffs that see it.
 *
 * @kernel skb_release_data net/core/skbuff.c v6.12
 */
export function skbReleaseData(skb: SkBuff): void {
  const shinfo = skb.shinfo;
  if (skb.cloned) {
    const bias = skb.nohdr ? (1 << SKB_DATAREF_SHIFT) + 1 : 1;
    if (!shinfo.dropDataref(bias)) return;
  }
  const flags = shinfo.flags;
  if (flags & SKBFL_ZEROCOPY_ENABLE) {
    shinfo.destructorArg?.put();
    shinfo.destructorArg = null;
    shinfo.flags = flags & ~SKBFL_ALL_ZEROCOPY;
  }
  if (!(flags & SKBFL_MANAGED_FRAG_REFS)) {
    for (const frag of shinfo.frags) frag.page.put();
  }
  kfreeSkbList(shinfo.fragList);
  skb.head.free();
}
