/** Pulling paged bytes into the linear area, and what that does to a frag_list. */

import { SKB_GSO_DODGY } from "../abi/features.js";
import { bugOn } from "../memory/fault.js";
import { skbClone } from "./clone.js";
import { ENOMEM, type Errno } from "./errno.js";
import { pskbExpandHead } from "./expand.js";
import { kfreeSkb, skbShared } from "./free.js";
import type { Frag } from "./Page.js";
import { skbPullInner } from "./pushPull.js";
import { copyBits } from "./read.js";
import type { SkBuff } from "./SkBuff.js";
import { skbCloned, skbCloneWritable } from "./sharing.js";
import { skbFragUnref, skbZcopyClear } from "./zerocopy.js";

/** Makes the first `len` bytes linear, or returns false. @kernel pskb_may_pull include/linux/skbuff.h */
export function pskbMayPull(skb: SkBuff, len: number): boolean {
  skb.assertAlive("data");
  // Unsigned, as everywhere: a negative length is longer than any packet.
  if (len >>> 0 <= skb.headlen) return true;
  if (len >>> 0 > skb.len) return false;
  return pskbPullTailInner(skb, len - skb.headlen);
}

/** Takes `len` bytes off the front, wherever they lie. @kernel pskb_pull net/core/skbuff.c */
export function pskbPull(skb: SkBuff, len: number): boolean {
  if (!pskbMayPull(skb, len)) return false;
  skbPullInner(skb, len);
  return true;
}

/**
 * Moves `delta` bytes from the paged part to the end of the linear part; `len` stays. Members that are eaten whole
 * lose one reference, one that is eaten in part is cloned first if it is shared, and leaves a mangled geometry, which
 * DODGY marks. On false the packet is logically as before, though its head may have been reallocated.
 *
 * @kernel __pskb_pull_tail net/core/skbuff.c v6.12
 */
export function pskbPullTailInner(skb: SkBuff, delta: number): boolean {
  const room = skb.tail + delta - skb.end;
  if (room > 0 || skbCloned(skb)) {
    if (pskbExpandHead(skb, 0, room > 0 ? room + 128 : 0) !== 0) return false;
  }
  const target = skb.head.base + skb.tail;
  bugOn(!copyBits(skb, skb.headlen, skb.mem.arena.bytes, target, delta), "pull-tail-copy", {
    len: skb.len,
    dataLen: skb.dataLen,
    delta,
  });

  if (skb.shinfo.fragList !== null) {
    const inFrags = skb.shinfo.frags.reduce((sum, frag) => sum + frag.len, 0);
    if (delta > inFrags && !eatFragList(skb, delta - inFrags)) return false;
  }
  eatFrags(skb, delta);

  skb.tail += delta;
  skb.dataLen = (skb.dataLen - delta) >>> 0;
  if (skb.dataLen === 0) skbZcopyClear(skb.shinfo);
  skb.mem.onStep?.(`${skb.name}: ${delta} bytes pulled into the linear part`);
  return true;
}

/** Takes `eat` bytes off the front of the frag_list; false when memory runs out. */
function eatFragList(skb: SkBuff, eat: number): boolean {
  const shinfo = skb.shinfo;
  let member = shinfo.fragList;
  let resume: SkBuff | null = null;
  let clone: SkBuff | null = null;
  while (eat > 0) {
    bugOn(member === null, "pull-tail-list");
    const current = member as SkBuff;
    current.assertAlive("len");
    if (current.len <= eat) {
      eat -= current.len;
      member = current.next;
      resume = member;
      continue;
    }
    if (shinfo.gsoSize !== 0 && !current.headFrag && current.headlen > 0) shinfo.gsoType |= SKB_GSO_DODGY;
    let partial = current;
    if (skbShared(current)) {
      clone = skbClone(current);
      if (clone === null) return false;
      resume = current.next;
      partial = clone;
    } else {
      resume = current;
    }
    if (!pskbPull(partial, eat)) {
      kfreeSkb(clone);
      return false;
    }
    eat = 0;
  }

  for (let first = shinfo.fragList; first !== null && first !== resume; first = shinfo.fragList) {
    shinfo.fragList = first.next;
    kfreeSkb(first);
  }
  if (clone !== null) {
    clone.next = resume;
    shinfo.fragList = clone;
  }
  return true;
}

/** Takes up to `eat` bytes off the front of the page fragments. */
function eatFrags(skb: SkBuff, eat: number): void {
  const frags = skb.shinfo.frags;
  if (frags.length === 0) return;
  const kept: Frag[] = [];
  for (const frag of frags) {
    if (frag.len <= eat) {
      skbFragUnref(skb, frag);
      eat -= frag.len;
    } else {
      kept.push(eat > 0 ? { page: frag.page, offset: frag.offset + eat, len: frag.len - eat } : frag);
      eat = 0;
    }
  }
  skb.shinfo.fragsChangedTo(kept);
}

/**
 * Makes the whole packet linear. Runs even when there is nothing to move, and so un-clones a linear packet.
 *
 * @kernel __skb_linearize include/linux/skbuff.h
 */
export const skbLinearizeInner = (skb: SkBuff): boolean => pskbPullTailInner(skb, skb.dataLen);

/** True when it is linear afterwards. @kernel skb_linearize include/linux/skbuff.h */
export const skbLinearize = (skb: SkBuff): boolean => !skb.isNonlinear || skbLinearizeInner(skb);

/** The first `len` bytes linear and writable. @kernel skb_ensure_writable net/core/skbuff.c */
export function skbEnsureWritable(skb: SkBuff, len: number): Errno {
  if (!pskbMayPull(skb, len)) return -ENOMEM;
  if (!skbCloned(skb) || skbCloneWritable(skb, len)) return 0;
  return pskbExpandHead(skb, 0, 0);
}
