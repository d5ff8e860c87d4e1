/** Appending a packet to one that is held: its payload, or the packet as a whole. Left out: pages from page pools. */
import { MAX_SKB_FRAGS } from "../../../abi/features.js";
import { skbTruesize } from "../../../skb/alloc.js";
import { E2BIG, ENOMEM, type Errno, ETOOMANYREFS } from "../../../skb/errno.js";
import type { Frag } from "../../../skb/Page.js";
import { pskbMayPull } from "../../../skb/pullTail.js";
import { skbPullInner } from "../../../skb/pushPull.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { skbHeaderReleaseInner } from "../../../skb/sharing.js";
import type { NetKernel } from "../../NetKernel.js";
import { GRO_LEGACY_MAX_SIZE } from "../NetDevice.js";
import { NAPI_GRO_FREE, NAPI_GRO_FREE_STOLEN_HEAD, napiGroCb, skbGroLen, skbGroOffset } from "./napiGroCb.js";

/** What remains of a merged sk_buff: the structure alone. @kernel SKB_DATA_ALIGN(sizeof(struct sk_buff)) */
const SHELL_TRUESIZE = 256;

/**
 * Appends the payload of `skb` (everything behind the gro offset) to the held `p`: as fragments where they fit, with
 * the linear part as one more fragment where its head is a page, otherwise as a member of the frag_list. -E2BIG when
 * the aggregate would become too long or `skb` is not to be merged, -ETOOMANYREFS for user memory.
 *
 * @kernel skb_gro_receive net/core/gro.c v6.12
 */
export function skbGroReceive(k: NetKernel, p: SkBuff, skb: SkBuff): Errno {
  const seams = k.groMerge;
  const cb = napiGroCb(skb);
  const len = skbGroLen(skb);
  if (!seams.mayMoveFrags(p, skb)) return -ETOOMANYREFS;
  if (p.len + len >= seams.groMaxSize(p) || cb.flush !== 0) return -E2BIG;
  if (p.len + len >= GRO_LEGACY_MAX_SIZE && !seams.mayExceedLegacySize(p, skb)) return -E2BIG;

  let lp = napiGroCb(p).last;
  let delta = moveFrags(lp, skb) ?? moveHead(lp, skb);
  if (delta === undefined) {
    if (!seams.mayChain(p, skb)) return -E2BIG;
    delta = chainPayload(k, p, skb);
    lp = p;
  }

  napiGroCb(p).count += cb.count;
  grow(p, len, delta);
  seams.carrySharedFrag(p, skb);
  if (lp !== p) {
    grow(lp, len, delta);
    seams.carrySharedFrag(lp, skb);
  }
  cb.sameFlow = true;
  return 0;
}

function grow(skb: SkBuff, len: number, truesize: number): void {
  skb.dataLen += len;
  skb.truesize += truesize;
  skb.len += len;
}

/**
 * The payload lies in fragments: all of them move, the first one without the header bytes in it. Returns the truesize
 * that moved, or undefined when there is linear payload or no room.
 */
function moveFrags(lp: SkBuff, skb: SkBuff): number | undefined {
  const skip = skbGroOffset(skb) - skb.headlen;
  if (skip < 0) return undefined;
  const into = lp.shinfo;
  const from = skb.shinfo;
  const frags = from.frags;
  const before = into.frags;
  if (before.length + frags.length > MAX_SKB_FRAGS) return undefined;
  const first = frags[0];
  // The kernel copies fragments backwards until none is left, and none at all would take it out of the array.
  if (first === undefined) throw skb.mem.invalid("out-of-bounds", skb.name, "frags");
  const trimmed: Frag = { page: first.page, offset: first.offset + skip, len: first.len - skip };
  into.fragsChangedTo([...before, trimmed, ...frags.slice(1)]);
  from.fragsChangedTo([]);

  const left = skbTruesize(skb.end);
  const delta = skb.truesize - left;
  skb.truesize = left;
  skb.len -= skb.dataLen;
  skb.dataLen = 0;
  napiGroCb(skb).free = NAPI_GRO_FREE;
  return delta;
}

/** The linear payload becomes a fragment of the page that the head was carved out of; the others follow it. */
function moveHead(lp: SkBuff, skb: SkBuff): number | undefined {
  const linear = skb.headlen - skbGroOffset(skb);
  const page = skb.head.page;
  if (linear <= 0 || !skb.headFrag || page === undefined) return undefined;
  const into = lp.shinfo;
  const frags = skb.shinfo.frags;
  const before = into.frags;
  if (before.length + 1 + frags.length > MAX_SKB_FRAGS) return undefined;
  const offset = skb.head.base - page.base + skb.data + skbGroOffset(skb);
  into.fragsChangedTo([...before, { page, offset, len: linear }, ...frags]);

  const delta = skb.truesize - SHELL_TRUESIZE;
  skb.truesize = SHELL_TRUESIZE;
  napiGroCb(skb).free = NAPI_GRO_FREE_STOLEN_HEAD;
  return delta;
}

/** The packet itself, headers taken off, becomes the last member of the list. Returns its truesize. */
function chainPayload(k: NetKernel, p: SkBuff, skb: SkBuff): number {
  k.groMerge.disown(skb);
  const delta = skb.truesize;
  let offset = skbGroOffset(skb);
  const eat = offset - skb.headlen;
  if (eat > 0) {
    const [first, ...rest] = skb.shinfo.frags as [Frag, ...Frag[]];
    skb.shinfo.fragsChangedTo([{ page: first.page, offset: first.offset + eat, len: first.len - eat }, ...rest]);
    skb.dataLen -= eat;
    skb.len -= eat;
    offset = skb.headlen;
  }
  skbPullInner(skb, offset);
  appendMember(p, skb);
  skbHeaderReleaseInner(skb);
  return delta;
}

function appendMember(p: SkBuff, skb: SkBuff): void {
  const cb = napiGroCb(p);
  if (cb.last === p) p.shinfo.fragList = skb;
  else cb.last.next = skb;
  cb.last = skb;
}

/**
 * Appends `skb` to the held list `p` as a packet of its own, whose headers stay in its headroom. -E2BIG when the list
 * would become too long or `skb` is not to be merged, -ENOMEM (and no merging with anything) when its headers cannot be
 * made linear.
 *
 * @kernel skb_gro_receive_list net/core/gro.c v6.12
 */
export function skbGroReceiveList(k: NetKernel, p: SkBuff, skb: SkBuff): Errno {
  const seams = k.groMerge;
  const cb = napiGroCb(skb);
  if (p.len + skb.len >= GRO_LEGACY_MAX_SIZE || seams.refusesAsMember(skb)) return -E2BIG;
  if (!pskbMayPull(skb, skbGroOffset(skb))) {
    cb.flush = 1;
    return -ENOMEM;
  }
  appendMember(p, skb);
  skbPullInner(skb, skbGroOffset(skb));
  napiGroCb(p).count++;
  seams.disown(skb);
  grow(p, skb.len, skb.truesize);
  seams.carrySharedFrag(p, skb);
  cb.sameFlow = true;
  return 0;
}
