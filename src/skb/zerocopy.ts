/** User memory in page fragments: its owner is told when the last buffer that names it is gone. */

import type { Frag } from "./Page.js";
import { type SharedInfo, SKBFL_ALL_ZEROCOPY, SKBFL_MANAGED_FRAG_REFS, SKBFL_ZEROCOPY_ENABLE } from "./SharedInfo.js";
import type { SkBuff } from "./SkBuff.js";

/** Ends zero-copy: the owner is told. @kernel skb_zcopy_clear include/linux/skbuff.h */
export function skbZcopyClear(shinfo: SharedInfo): void {
  const flags = shinfo.flags;
  if (!(flags & SKBFL_ZEROCOPY_ENABLE)) return;
  shinfo.destructorArg?.put();
  shinfo.destructorArg = null;
  shinfo.flags = flags & ~SKBFL_ALL_ZEROCOPY;
}

/** Takes page references of its own where the owner managed them. @kernel skb_zcopy_downgrade_managed */
export function skbZcopyDowngradeManaged(skb: SkBuff): void {
  const flags = skb.shinfo.flags;
  if (!(flags & SKBFL_MANAGED_FRAG_REFS)) return;
  skb.shinfo.flags = flags & ~SKBFL_MANAGED_FRAG_REFS;
  for (const frag of skb.shinfo.frags) frag.page.get();
}

/** Drops the reference of one fragment, unless the zero-copy owner manages them. @kernel skb_frag_unref */
export function skbFragUnref(skb: SkBuff, frag: Frag): void {
  if (!(skb.shinfo.flags & SKBFL_MANAGED_FRAG_REFS)) frag.page.put();
}
