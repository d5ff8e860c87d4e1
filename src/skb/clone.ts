/** Clones: a second sk_buff over the same head, or over the same user memory. */
import { EIO, type Errno } from "./errno.js";
import { skbCopyUbufs, skbOrphanFrags } from "./expand.js";
import { SKBFL_ALL_ZEROCOPY, SKBFL_MANAGED_FRAG_REFS, SKBFL_ZEROCOPY_ENABLE } from "./SharedInfo.js";
import { SkBuff } from "./SkBuff.js";
import { copySkbHeader } from "./sharing.js";

/**
 * A second sk_buff over the same head. Page references and the users of list members stay as they are: they belong to
 * the shared info. Null when memory runs out.
 *
 * @kernel skb_clone net/core/skbuff.c
 */
export function skbClone(skb: SkBuff): SkBuff | null {
  skb.assertAlive("head");
  if (skbOrphanFrags(skb) !== 0) return null;
  if (!skb.mem.mayAllocate()) return null;
  const clone = new SkBuff(skb.mem, skb.head);
  copySkbHeader(clone, skb);
  clone.len = skb.len;
  clone.dataLen = skb.dataLen;
  clone.macLen = skb.macLen;
  clone.headFrag = skb.headFrag;
  clone.truesize = skb.truesize;
  clone.data = skb.data;
  clone.tail = skb.tail;
  clone.end = skb.end;
  clone.hdrLen = skb.nohdr ? skb.headroom : skb.hdrLen;
  clone.cloned = true;
  skb.shinfo.addDataref(1);
  skb.cloned = true;
  skb.mem.onStep?.(`${clone.name} = skb_clone(${skb.name}): both use ${skb.head.name}`);
  return clone;
}

/**
 * Makes `to` a holder of the same user memory as `from`, where `from` holds any.
 *
 * @kernel skb_zerocopy_clone net/core/skbuff.c
 */
export function skbZerocopyClone(to: SkBuff, from: SkBuff): Errno {
  const flags = from.shinfo.flags;
  if (!(flags & SKBFL_ZEROCOPY_ENABLE)) return 0;
  if (to.shinfo.flags & SKBFL_ZEROCOPY_ENABLE) {
    if (to.shinfo.destructorArg === from.shinfo.destructorArg) return 0;
    if (skbCopyUbufs(to) !== 0) return -EIO;
  }
  const owner = from.shinfo.destructorArg;
  owner?.get();
  to.shinfo.destructorArg = owner;
  to.shinfo.flags = to.shinfo.flags | (flags & SKBFL_ALL_ZEROCOPY & ~SKBFL_MANAGED_FRAG_REFS);
  return 0;
}
