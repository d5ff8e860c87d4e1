/**
 * The generic splitter: one GSO packet into a list of ordinary packets, or of smaller GSO packets for a device that
 * wants only the rest done in software. Left out: frags that the CPU cannot read.
 */

import {
  CHECKSUM_NONE,
  GSO_BY_FRAGS,
  MAX_SKB_FRAGS,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_SG,
  SKB_GSO_DODGY,
  SKB_GSO_PARTIAL,
} from "../../abi/features.js";
import { bugOn, KernelFault, nullDeref } from "../../memory/fault.js";
import { allocSkb } from "../../skb/alloc.js";
import { copyBytes } from "../../skb/bytes.js";
import { skbHasSharedFrag } from "../../skb/checksumHelp.js";
import { skbClone } from "../../skb/clone.js";
import { EINVAL, ENOMEM, type Errno } from "../../skb/errno.js";
import { skbCowHead } from "../../skb/expand.js";
import { kfreeSkb, kfreeSkbList, skbReleaseHeadState } from "../../skb/free.js";
import type { Frag } from "../../skb/Page.js";
import { skbLinearizeInner } from "../../skb/pullTail.js";
import { skbPushInner, skbPut, skbReserve, skbResetMacLen } from "../../skb/pushPull.js";
import { copyBits, skbChecksum, skbCopyAndCsumBits } from "../../skb/read.js";
import { SKBFL_SHARED_FRAG } from "../../skb/SharedInfo.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { copySkbHeader, skbHeadersOffsetUpdate } from "../../skb/sharing.js";
import { pskbTrim } from "../../skb/trim.js";
import type { NetKernel } from "../NetKernel.js";
import { canChecksumProtocol, netGsoOk } from "./features.js";
import { skbNetworkProtocol } from "./networkProtocol.js";

/** Rounds without progress after which a loop counts as endless. */
const STALL_ROUNDS = 64;

/** Where the walk over head and members stands. */
interface Cursor {
  /** The piece whose fragments are being given out. */
  piece: SkBuff;
  frags: readonly Frag[];
  /** Next fragment; -1 for the pseudo fragment made from a member's linear part. */
  i: number;
  /** Position of that fragment, counted from the head's data. */
  pos: number;
  /** The next member to start on. */
  list: SkBuff | null;
}

/** What stays the same over all segments. */
interface Plan {
  readonly head: SkBuff;
  readonly mss: number;
  readonly partialSegs: number;
  readonly doffset: number;
  readonly tnlHlen: number;
  readonly headroom: number;
  readonly sg: boolean;
  readonly csum: boolean;
}

/**
 * Cuts `head` into segments of gso_size payload bytes, each with a copy of the headers in front of `data`.
 *
 * Preconditions, none of which is checked: gso_size > 0, more payload than gso_size, headers linear, lengths right.
 * Postconditions: `head` is still the caller's, with `data` at its MAC header on every return; its segments share its
 * pages. Returns the first segment, or -EINVAL (protocol, too many frags) or -ENOMEM (everything else).
 *
 * @kernel skb_segment net/core/skbuff.c v6.12
 */
export function skbSegment(k: NetKernel, head: SkBuff, features: number): SkBuff | Errno {
  const seams = k.skbSegment;
  const shinfo = head.shinfo;
  const mss = shinfo.gsoSize;
  const list = shinfo.fragList;
  const payload = head.len;
  const doffset = head.data - head.macHeader;

  if (
    shinfo.gsoType & SKB_GSO_DODGY &&
    mss !== GSO_BY_FRAGS &&
    mss !== head.headlen &&
    seams.hasUnsharableMember(list)
  ) {
    features &= ~NETIF_F_SG;
  }
  skbPushInner(head, doffset);
  const protocol = skbNetworkProtocol(head).type;
  if (protocol === 0) return -EINVAL;
  const sg = (features & NETIF_F_SG) !== 0;
  const csum = canChecksumProtocol(features, protocol);
  const partialSegs = sg && csum && mss !== GSO_BY_FRAGS ? partialSegsOf(k, head, features, payload, mss) : 0;

  const plan: Plan = {
    head,
    mss: partialSegs > 1 ? mss * partialSegs : mss,
    partialSegs: partialSegs > 1 ? partialSegs : 0,
    doffset,
    tnlHlen: head.macHeader - head.cbMacOffset,
    headroom: head.headroom,
    sg,
    csum,
  };
  const frags = seams.fragsToWalk(head, () => seams.orphanFrags(head));
  if (typeof frags === "number") return -ENOMEM;
  const cursor: Cursor = { piece: head, frags, i: 0, pos: head.headlen, list };

  const segs = cutAll(k, plan, cursor);
  if (typeof segs === "number") return segs;
  const tail = segs.prev as SkBuff;
  if (plan.partialSegs > 0) describePartial(plan, features, segs, tail, mss);
  if (head.destructor === "sock_wfree") swapOwner(head, tail);
  return segs;
}

/** The number of gso_size units per output packet when the device can do the rest itself; up to 1 means no. */
function partialSegsOf(k: NetKernel, head: SkBuff, features: number, payload: number, mss: number): number {
  let len = payload;
  if (!(features & NETIF_F_GSO_PARTIAL)) {
    const shinfo = head.shinfo;
    const list = shinfo.fragList;
    if (list === null || !netGsoOk(features, shinfo.gsoType)) return 0;
    const memberLen = list.len;
    for (let member: SkBuff | null = list; member !== null; member = member.next) {
      if (member.len !== memberLen && member.next !== null) return 0;
      if (member.headlen > 0 && !member.headFrag) return 0;
      len -= member.len;
    }
    if (len !== memberLen) return 0;
  }
  if (mss === 0) throw new KernelFault("DIVZERO", "partial-segs", { len, mss });
  return k.skbSegment.partialSegs(len, mss);
}

/** Makes all segments; on an error none is left. The first segment's `prev` is the last. */
function cutAll(k: NetKernel, plan: Plan, cursor: Cursor): SkBuff | Errno {
  const { head, doffset } = plan;
  const mem = head.mem;
  let segs: SkBuff | null = null;
  let tail: SkBuff | null = null;
  let offset = doffset;
  let stalled = 0;

  do {
    mem.iterations++;
    let len: number;
    if (plan.mss === GSO_BY_FRAGS) {
      if (cursor.list === null) throw nullDeref("by-frags", { offset, len: head.len });
      len = cursor.list.len;
    } else {
      len = Math.min(head.len - offset, plan.mss);
    }
    const hsize = (head.headlen | 0) - offset;

    let nskb: SkBuff | Errno;
    if (startsOnMember(k, plan, cursor, hsize, len)) {
      nskb = cloneListMember(k, plan, cursor, offset, len);
    } else {
      nskb = allocSegment(plan, hsize, len);
    }
    if (typeof nskb === "number") return abandon(segs, nskb);
    if (tail === null) segs = nskb;
    else tail.next = nskb;
    tail = nskb;

    copySkbHeader(nskb, head);
    skbHeadersOffsetUpdate(nskb, nskb.headroom - plan.headroom);
    skbResetMacLen(nskb);
    copyBytes(head, head.data - plan.tnlHlen, nskb, nskb.data - plan.tnlHlen, doffset + plan.tnlHlen);

    const err = fillSegment(k, plan, cursor, nskb, offset, len, hsize);
    if (err !== 0) return abandon(segs, err);

    mem.onStep?.(`skb_segment: ${nskb.name} takes ${len} payload bytes from offset ${offset - doffset}`);
    stalled = len === 0 ? stalled + 1 : 0;
    if (stalled > STALL_ROUNDS) {
      throw new KernelFault("STALL", "zero-mss", { gsoSize: head.shinfo.seen().gsoSize, offset, len: head.len });
    }
    offset += len;
  } while (offset < head.len);

  (segs as SkBuff).prev = tail;
  return segs as SkBuff;
}

/** Whether the next segment is a list member as it stands, which can then be cloned. */
function startsOnMember(k: NetKernel, plan: Plan, cursor: Cursor, hsize: number, len: number): boolean {
  if (hsize > 0 || cursor.i < cursor.frags.length) return false;
  const list = cursor.list;
  if (list === null) throw nullDeref("list-exhausted", { hsize, len, headLen: plan.head.len });
  list.assertAlive("len");
  return k.skbSegment.clonesMember(list, len, plan.sg);
}

/** C1 to C9: the segment is a clone of the next member, cut to length, with room for the headers. */
function cloneListMember(k: NetKernel, plan: Plan, cursor: Cursor, offset: number, len: number): SkBuff | Errno {
  const list = cursor.list as SkBuff;
  bugOn(list.headlen > len, "list-head-too-long", { headlen: list.headlen, len });
  let clone: SkBuff | null = null;
  const frags = k.skbSegment.fragsToWalk(list, () => {
    clone = skbClone(list);
    return clone === null ? -ENOMEM : 0;
  });
  if (typeof frags === "number") return frags;
  const nskb = clone as unknown as SkBuff;

  cursor.i = 0;
  cursor.frags = frags;
  cursor.piece = list;
  cursor.pos += list.headlen;
  while (cursor.pos < offset + len) {
    const frag = cursor.frags[cursor.i];
    if (frag === undefined) bugOn(true, "list-frags-short", { pos: cursor.pos, offset, len });
    const size = (frag as Frag).len;
    if (cursor.pos + size > offset + len) break;
    cursor.i++;
    cursor.pos += size;
  }
  cursor.list = list.next;

  if (pskbTrim(nskb, len) !== 0) return freed(nskb);
  const oldEnd = nskb.end;
  if (skbCowHead(nskb, plan.doffset + plan.headroom) !== 0) return freed(nskb);
  // The growth was counted by the expansion already: the kernel counts it twice.
  nskb.truesize += nskb.end - oldEnd;
  skbReleaseHeadState(nskb);
  skbPushInner(nskb, plan.doffset);
  return nskb;
}

function freed(skb: SkBuff): Errno {
  kfreeSkb(skb);
  return -ENOMEM;
}

/** A1 to A3: a fresh sk_buff with room for the headers and for the linear bytes of this segment. */
function allocSegment(plan: Plan, hsize: number, len: number): SkBuff | Errno {
  const linear = hsize < 0 ? 0 : hsize;
  const size = linear > len || !plan.sg ? len : linear;
  const nskb = allocSkb(plan.head.mem, size + plan.doffset + plan.headroom);
  if (nskb === null) return -ENOMEM;
  skbReserve(nskb, plan.headroom);
  skbPut(nskb, plan.doffset);
  return nskb;
}

/** E7 to E14: the payload of one segment, copied or shared, and its checksum state. */
function fillSegment(
  k: NetKernel,
  plan: Plan,
  cursor: Cursor,
  nskb: SkBuff,
  offset: number,
  len: number,
  hsize: number,
): Errno {
  if (nskb.len !== len + plan.doffset) {
    if (!plan.sg) return copyPayload(plan, nskb, offset, len);
    const linear = Math.min(hsize < 0 ? 0 : hsize, len);
    const at = skbPut(nskb, linear);
    copyBytes(plan.head, plan.head.data + offset, nskb, at, linear);
    const err = shareFrags(k, plan, cursor, nskb, offset, len);
    if (err !== 0) return err;
    nskb.dataLen = len - linear;
    nskb.len += nskb.dataLen;
    nskb.truesize += nskb.dataLen;
  }
  if (!plan.csum) {
    if (skbHasSharedFrag(nskb) && !skbLinearizeInner(nskb)) return -ENOMEM;
    if (!nskb.remcsumOffload) nskb.ipSummed = CHECKSUM_NONE;
    nskb.cbCsum = skbChecksum(nskb, plan.doffset, nskb.len - plan.doffset, 0);
    nskb.cbCsumStart = nskb.headroom + plan.doffset;
  }
  return 0;
}

/** E8: everything is copied; the cursor does not move. */
function copyPayload(plan: Plan, nskb: SkBuff, offset: number, len: number): Errno {
  const at = nskb.head.base + skbPut(nskb, len);
  if (plan.csum) return copyBits(plan.head, offset, nskb.mem.arena.bytes, at, len) ? 0 : -ENOMEM;
  if (!nskb.remcsumOffload) nskb.ipSummed = CHECKSUM_NONE;
  nskb.cbCsum = skbCopyAndCsumBits(plan.head, offset, at, len);
  nskb.cbCsumStart = nskb.headroom + plan.doffset;
  return 0;
}

/** E10 to E12: page fragments are shared, across members where the segment reaches that far. */
function shareFrags(k: NetKernel, plan: Plan, cursor: Cursor, nskb: SkBuff, offset: number, len: number): Errno {
  const shinfo = nskb.shinfo;
  let out: Frag[] = [];
  shinfo.flags |= (plan.head.shinfo.flags & SKBFL_SHARED_FRAG) | k.skbSegment.sharedFragOf(cursor.piece);
  if (k.skbSegment.holdUserMemory(nskb, cursor.piece) !== 0) return -ENOMEM;

  while (cursor.pos < offset + len) {
    if (cursor.i >= cursor.frags.length) {
      const err = enterNextMember(k, cursor, nskb);
      if (err !== 0) return err;
      // Where the member's user memory has another owner, what was shared so far has been copied to other pages.
      if (shinfo.frags !== out) out = [...shinfo.frags];
    }
    if (out.length >= MAX_SKB_FRAGS) return -EINVAL;
    const frag = cursor.i < 0 ? headAsFrag(cursor.piece) : (cursor.frags[cursor.i] as Frag);
    frag.page.get();
    const skipped = Math.max(0, offset - cursor.pos);
    const excess = Math.max(0, cursor.pos + frag.len - (offset + len));
    out.push({ page: frag.page, offset: frag.offset + skipped, len: frag.len - skipped - excess });
    shinfo.fragsChangedTo(out);
    if (excess > 0) break;
    cursor.i++;
    cursor.pos += frag.len;
  }
  return 0;
}

/** Moves the cursor to the start of the next member, whose linear part must be a page fragment. */
function enterNextMember(k: NetKernel, cursor: Cursor, nskb: SkBuff): Errno {
  const list = cursor.list;
  if (list === null) throw nullDeref("list-exhausted", { pos: cursor.pos });
  list.assertAlive("frags");
  const seams = k.skbSegment;
  const frags = seams.fragsToWalk(list, () => seams.orphanFrags(list) || seams.holdUserMemory(nskb, list));
  if (typeof frags === "number") return -ENOMEM;
  cursor.i = 0;
  cursor.frags = frags;
  cursor.piece = list;
  nskb.shinfo.flags |= seams.sharedFragOf(list);
  if (list.headlen === 0) {
    bugOn(frags.length === 0, "empty-member");
  } else {
    bugOn(!list.headFrag, "linear-member", { headlen: list.headlen });
    cursor.i = -1;
  }
  cursor.list = list.next;
  return 0;
}

/** @kernel skb_head_frag_to_page_desc net/core/skbuff.c */
function headAsFrag(skb: SkBuff): Frag {
  const page = skb.head.page;
  if (page === undefined) throw nullDeref("head-page");
  return { page, offset: skb.data, len: skb.headlen };
}

/** Step F 2: each output packet says how the device is to cut it further. */
function describePartial(plan: Plan, features: number, segs: SkBuff, tail: SkBuff, gsoSize: number): void {
  const partial = features & NETIF_F_GSO_PARTIAL ? SKB_GSO_PARTIAL : 0;
  const type = (plan.head.shinfo.gsoType | partial) & ~SKB_GSO_DODGY;
  for (let seg: SkBuff | null = segs; seg !== null; seg = seg.next) {
    seg.shinfo.gsoSize = gsoSize;
    seg.shinfo.gsoSegs = plan.partialSegs;
    seg.shinfo.gsoType = type;
    seg.cbMacOffset = seg.headroom + plan.doffset;
  }
  if (tail.len - plan.doffset <= gsoSize) {
    tail.shinfo.gsoSize = 0;
  } else if (tail !== segs) {
    tail.shinfo.gsoSegs = Math.ceil((tail.len - plan.doffset) / gsoSize);
  }
}

/** The charge made for the original is released with its last segment. */
function swapOwner(head: SkBuff, tail: SkBuff): void {
  [head.truesize, tail.truesize] = [tail.truesize, head.truesize];
  [head.destructor, tail.destructor] = [tail.destructor, head.destructor];
  [head.sk, tail.sk] = [tail.sk, head.sk];
}

function abandon(segs: SkBuff | null, err: Errno): Errno {
  kfreeSkbList(segs);
  return err;
}
