/** Copies: of everything, or of the linear part with the fragments and members shared by reference. */
import { SKB_GSO_FRAGLIST } from "../abi/features.js";
import { allocSkb } from "./alloc.js";
import { skbClone, skbZerocopyClone } from "./clone.js";
import { skbOrphanFrags } from "./expand.js";
import { consumeSkb, kfreeSkb, skbShared } from "./free.js";
import { skbPut, skbReserve } from "./pushPull.js";
import { copyBits } from "./read.js";
import { SKBFL_SHARED_FRAG } from "./SharedInfo.js";
import type { SkBuff } from "./SkBuff.js";
import { copySkbHeaderAndGso, skbCloned, skbCloneFraglist, skbHeadersOffsetUpdate } from "./sharing.js";

/**
 * A linear copy with `headroom` and `tailroom`; null when memory runs out, or for a list, whose boundaries would go.
 *
 * @kernel skb_copy_expand net/core/skbuff.c v6.12
 */
export function skbCopyExpand(skb: SkBuff, headroom: number, tailroom: number): SkBuff | null {
  if (skb.shinfo.gsoType & SKB_GSO_FRAGLIST) {
    skb.mem.warn("WARN", "copy-fraglist");
    return null;
  }
  const copy = allocSkb(skb.mem, headroom + skb.len + tailroom);
  if (copy === null) return null;
  skbReserve(copy, headroom);
  skbPut(copy, skb.len);
  // Bytes of the headroom go along as far as both have any: link headers lie there.
  const front = Math.min(skb.headroom, headroom);
  copyBits(skb, -front, copy.mem.arena.bytes, copy.head.base + headroom - front, skb.len + front);
  copySkbHeaderAndGso(copy, skb);
  skbHeadersOffsetUpdate(copy, headroom - skb.headroom);
  return copy;
}

/** A linear copy with the headroom of the original. @kernel skb_copy net/core/skbuff.c v6.12 */
export const skbCopy = (skb: SkBuff): SkBuff | null => skbCopyExpand(skb, skb.headroom, skb.end - skb.tail);

/**
 * A copy of the linear part; fragments and frag_list members are shared by reference. Header offsets stay as they were,
 * so they fit only when `headroom` is the original's.
 *
 * @kernel __pskb_copy_fclone net/core/skbuff.c v6.12
 */
export function pskbCopy(skb: SkBuff, headroom: number): SkBuff | null {
  const copy = allocSkb(skb.mem, skb.headlen + headroom);
  if (copy === null) return null;
  skbReserve(copy, headroom);
  skbPut(copy, skb.headlen);
  copyBits(skb, 0, copy.mem.arena.bytes, copy.head.base + copy.data, copy.len);
  copy.truesize += skb.dataLen;
  copy.dataLen = skb.dataLen;
  copy.len = skb.len;
  if (skb.shinfo.nrFrags > 0) {
    if (skbOrphanFrags(skb) !== 0 || skbZerocopyClone(copy, skb) !== 0) {
      copy.len -= copy.dataLen;
      copy.dataLen = 0;
      kfreeSkb(copy);
      return null;
    }
    const frags = skb.shinfo.frags;
    for (const frag of frags) frag.page.get();
    copy.shinfo.fragsChangedTo(frags);
    copy.shinfo.flags |= skb.shinfo.flags & SKBFL_SHARED_FRAG;
  }
  const list = skb.shinfo.fragList;
  if (list !== null) {
    copy.shinfo.fragList = list;
    skbCloneFraglist(list);
  }
  copySkbHeaderAndGso(copy, skb);
  return copy;
}

/** A private copy of cloned data; the original's reference is dropped, even when the copy failed. @kernel skb_unshare */
export function skbUnshare(skb: SkBuff): SkBuff | null {
  if (!skbCloned(skb)) return skb;
  const copy = skbCopy(skb);
  if (copy !== null) consumeSkb(skb);
  else kfreeSkb(skb);
  return copy;
}

/** An sk_buff that nobody else holds; null when its clone could not be made. @kernel skb_share_check */
export function skbShareCheck(skb: SkBuff): SkBuff | null {
  if (!skbShared(skb)) return skb;
  const clone = skbClone(skb);
  if (clone !== null) consumeSkb(skb);
  else kfreeSkb(skb);
  return clone;
}
