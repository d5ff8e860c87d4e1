/** Cutting bytes off the end of a packet, wherever they lie. */
import { CHECKSUM_COMPLETE, CHECKSUM_PARTIAL } from "../abi/features.js";
import { csumBlockSub } from "../bytes/checksum.js";
import { skbTruesize } from "./alloc.js";
import { skbClone } from "./clone.js";
import { EINVAL, ENOMEM, type Errno } from "./errno.js";
import { pskbExpandHead } from "./expand.js";
import { consumeSkb, kfreeSkbList, skbShared } from "./free.js";
import type { Frag } from "./Page.js";
import { pskbPullTailInner } from "./pullTail.js";
import { skbChecksum } from "./read.js";
import type { SkBuff } from "./SkBuff.js";
import { skbCloned } from "./sharing.js";
import { skbFragUnref } from "./zerocopy.js";

/** Cuts a packet to `len` bytes; longer lengths do nothing. @kernel pskb_trim include/linux/skbuff.h */
export function pskbTrim(skb: SkBuff, len: number): Errno {
  if (len >= skb.len) return 0;
  if (skb.isNonlinear) return pskbTrimInner(skb, len);
  skb.len = len;
  skb.tail = skb.data + len;
  return 0;
}

/** As pskb_trim, and keeps the checksum state true. @kernel pskb_trim_rcsum include/linux/skbuff.h */
export function pskbTrimRcsum(skb: SkBuff, len: number): Errno {
  if (len >= skb.len) return 0;
  if (skb.ipSummed === CHECKSUM_COMPLETE) {
    skb.csum = csumBlockSub(skb.csum, skbChecksum(skb, len, skb.len - len, 0), len);
  } else if (skb.ipSummed === CHECKSUM_PARTIAL) {
    const fieldEnd = skb.csumStartOffset + skb.csumOffset + 2;
    if (fieldEnd < 0 || fieldEnd > Math.min(len, skb.headlen)) return -EINVAL;
  }
  return pskbTrim(skb, len);
}

/** @kernel ___pskb_trim net/core/skbuff.c */
function pskbTrimInner(skb: SkBuff, len: number): Errno {
  if (skbCloned(skb)) {
    const err = pskbExpandHead(skb, 0, 0);
    if (err !== 0) return err;
  }
  const err = cutPaged(skb, len);
  if (err !== 0) return err;

  if (len > skb.headlen) {
    skb.dataLen = (skb.dataLen - (skb.len - len)) >>> 0;
    skb.len = len;
  } else {
    skb.len = len;
    skb.dataLen = 0;
    skb.tail = skb.data + len;
  }
  if (skb.sk === null || skb.destructor === "sock_edemux") skbCondense(skb);
  return 0;
}

/** Drops fragments and members behind `len`, shortening the one that the cut goes through. */
function cutPaged(skb: SkBuff, len: number): Errno {
  const shinfo = skb.shinfo;
  let offset = skb.headlen;
  const frags = shinfo.frags;
  let cut = offset >= len;
  const kept: Frag[] = [];
  for (const frag of frags) {
    const end = offset + frag.len;
    if (cut) {
      skbFragUnref(skb, frag);
    } else if (end < len) {
      kept.push(frag);
    } else {
      kept.push(end === len ? frag : { ...frag, len: len - offset });
      cut = true;
    }
    offset = end;
  }
  if (kept.length !== frags.length || kept.at(-1) !== frags.at(-1)) shinfo.fragsChangedTo(kept);

  if (cut) {
    if (shinfo.fragList !== null) {
      kfreeSkbList(shinfo.fragList);
      shinfo.fragList = null;
    }
    return 0;
  }
  return cutList(skb, len, offset);
}

function cutList(skb: SkBuff, len: number, offset: number): Errno {
  const shinfo = skb.shinfo;
  let before: SkBuff | null = null;
  for (let member = shinfo.fragList; member !== null; before = member, member = member.next) {
    const end = offset + member.len;
    if (skbShared(member)) {
      const clone: SkBuff | null = skbClone(member);
      if (clone === null) return -ENOMEM;
      clone.next = member.next;
      consumeSkb(member);
      member = clone;
      if (before === null) shinfo.fragList = clone;
      else before.next = clone;
    }
    if (end < len) {
      offset = end;
      continue;
    }
    if (end > len) {
      const err = pskbTrim(member, len - offset);
      if (err !== 0) return err;
    }
    if (member.next !== null) {
      kfreeSkbList(member.next);
      member.next = null;
    }
    break;
  }
  return 0;
}

/** Pulls a short rest into the linear area and charges only that. @kernel skb_condense net/core/skbuff.c */
export function skbCondense(skb: SkBuff): void {
  if (skb.dataLen > 0) {
    if (skb.dataLen > skb.end - skb.tail || skbCloned(skb)) return;
    pskbPullTailInner(skb, skb.dataLen);
  }
  skb.truesize = skbTruesize(skb.end);
}
