/**
 * Private heads and private fragments: expanding, un-cloning, the cow wrappers, and copying user memory away. They stand
 * in one file because the kernel has them call each other.
 */
import { MAX_SKB_FRAGS } from "../abi/features.js";
import { bugOn } from "../memory/fault.js";
import { allocHead, allocPage, PAGE_SIZE, skbDataAlign } from "./alloc.js";
import { EINVAL, ENOMEM, type Errno } from "./errno.js";
import { skbReleaseData, skbShared } from "./free.js";
import type { Frag, Page } from "./Page.js";
import { SKBFL_DONT_ORPHAN, SKBFL_MANAGED_FRAG_REFS, SKBFL_ZEROCOPY_ENABLE } from "./SharedInfo.js";
import type { SkBuff } from "./SkBuff.js";
import { skbCloned, skbCloneFraglist, skbHeaderCloned, skbHeadersOffsetUpdate } from "./sharing.js";
import { skbZcopyClear, skbZcopyDowngradeManaged } from "./zerocopy.js";

/**
 * Gives the sk_buff a head and a shared info of its own with `nhead` more bytes in front and `ntail` more behind.
 * When the old ones were shared, every page and every frag_list member gets one more reference.
 * On -ENOMEM the sk_buff is as it was.
 *
 * @kernel pskb_expand_head net/core/skbuff.c v6.12
 */
export function pskbExpandHead(skb: SkBuff, nhead: number, ntail: number): Errno {
  bugOn(nhead < 0, "expand-neg", { nhead });
  bugOn(skbShared(skb), "expand-shared", { users: skb.users });
  skbZcopyDowngradeManaged(skb);
  const mem = skb.mem;
  const oldEnd = skb.end;
  if (!mem.mayAllocate(oldEnd + nhead + ntail)) return -ENOMEM;
  const head = allocHead(mem, oldEnd + nhead + ntail);
  const bytes = mem.arena.bytes;
  bytes.copyWithin(head.base + nhead, skb.head.base, skb.head.base + skb.tail);
  head.shinfo.copyFrom(skb.shinfo);

  if (skbCloned(skb)) {
    if (skbOrphanFrags(skb) !== 0) {
      head.free();
      return -ENOMEM;
    }
    const shinfo = skb.shinfo;
    if (shinfo.flags & SKBFL_ZEROCOPY_ENABLE) shinfo.destructorArg?.get();
    for (const frag of shinfo.frags) frag.page.get();
    skbCloneFraglist(shinfo.fragList);
    skbReleaseData(skb);
  } else {
    skb.head.free();
  }
  mem.onStep?.(`${skb.name}: pskb_expand_head, ${skb.head.name} becomes private ${head.name}`);

  skb.head = head;
  skb.headFrag = false;
  skb.data += nhead;
  skb.tail += nhead;
  skb.end = head.size;
  skbHeadersOffsetUpdate(skb, nhead);
  skb.cloned = false;
  skb.hdrLen = 0;
  skb.nohdr = false;
  skb.shinfo.metaLen = 0;
  if (skb.sk === null || skb.destructor === "sock_edemux") {
    skb.truesize = (skb.truesize + head.size - oldEnd) >>> 0;
  }
  return 0;
}

/** Makes the shared info private: the only wrapper that does so for a payload-only clone too. @kernel skb_unclone */
export function skbUnclone(skb: SkBuff): Errno {
  return skbCloned(skb) ? pskbExpandHead(skb, 0, 0) : 0;
}

/** Makes the header private; the shared info may stay shared with payload-only holders. @kernel skb_header_unclone */
export function skbHeaderUnclone(skb: SkBuff): Errno {
  return skbHeaderCloned(skb) ? pskbExpandHead(skb, 0, 0) : 0;
}

/** As skb_unclone, with the truesize and end of before. @kernel skb_unclone_keeptruesize include/linux/skbuff.h */
export function skbUncloneKeeptruesize(skb: SkBuff): Errno {
  if (!skbCloned(skb)) return 0;
  const { truesize, end } = skb;
  const err = pskbExpandHead(skb, 0, 0);
  if (err !== 0) return err;
  skb.truesize = truesize;
  skb.end = end;
  return 0;
}

function cowRoom(skb: SkBuff, room: number, shared: boolean): Errno {
  const deficit = Math.max(0, room - skb.headroom);
  return deficit > 0 || shared ? pskbExpandHead(skb, skbDataAlign(deficit), 0) : 0;
}

/** Room and a private head. @kernel skb_cow include/linux/skbuff.h */
export const skbCow = (skb: SkBuff, room: number): Errno => cowRoom(skb, room, skbCloned(skb));

/** Room and a private header. @kernel skb_cow_head include/linux/skbuff.h */
export const skbCowHead = (skb: SkBuff, room: number): Errno => cowRoom(skb, room, skbHeaderCloned(skb));

/** 0, or the errno of the copy. @kernel skb_orphan_frags include/linux/skbuff.h */
export function skbOrphanFrags(skb: SkBuff): Errno {
  const flags = skb.shinfo.flags;
  if (!(flags & SKBFL_ZEROCOPY_ENABLE) || flags & SKBFL_DONT_ORPHAN) return 0;
  return skbCopyUbufs(skb);
}

/**
 * Copies all fragments into fresh kernel pages, as few and as large as needed, and ends zero-copy. The number of
 * fragments may change.
 *
 * @kernel skb_copy_ubufs net/core/skbuff.c
 */
export function skbCopyUbufs(skb: SkBuff): Errno {
  if (skbShared(skb) || skbUnclone(skb) !== 0) return -EINVAL;
  const shinfo = skb.shinfo;
  const frags = shinfo.frags;
  if (frags.length > 0) {
    const total = frags.reduce((sum, frag) => sum + frag.len, 0);
    let pageBytes = PAGE_SIZE;
    while (pageBytes * MAX_SKB_FRAGS < total) pageBytes *= 2;

    const pages: Page[] = [];
    for (let taken = 0; taken < total; taken += pageBytes) {
      const page = allocPage(skb.mem, pageBytes);
      if (page === null) {
        for (const one of pages) one.put();
        return -ENOMEM;
      }
      pages.push(page);
    }
    copyInto(pages, pageBytes, frags);

    const managed = shinfo.flags & SKBFL_MANAGED_FRAG_REFS;
    if (!managed) for (const frag of frags) frag.page.put();
    shinfo.fragsChangedTo(
      pages.map((page, i) => ({ page, offset: 0, len: Math.min(pageBytes, total - i * pageBytes) })),
    );
    skb.mem.onStep?.(`${skb.name}: user fragments copied, ${frags.length} become ${pages.length}`);
  }
  skbZcopyClear(shinfo);
  return 0;
}

function copyInto(pages: readonly Page[], pageBytes: number, frags: readonly Frag[]): void {
  let written = 0;
  for (const frag of frags) {
    const bytes = frag.page.mem.arena.bytes;
    for (let done = 0; done < frag.len; ) {
      const page = pages[Math.floor(written / pageBytes)] as Page;
      const at = written % pageBytes;
      const n = Math.min(frag.len - done, pageBytes - at);
      const from = frag.page.base + frag.offset + done;
      bytes.copyWithin(page.base + at, from, from + n);
      written += n;
      done += n;
    }
  }
}
