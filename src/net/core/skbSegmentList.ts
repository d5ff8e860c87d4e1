/** Undoing fraglist aggregation: the head and the members of the list become the segments, no payload is copied. */

import { SKB_GSO_FRAGLIST } from "../../abi/features.js";
import { nullDeref } from "../../memory/fault.js";
import { copyBytes } from "../../skb/bytes.js";
import { ENOMEM, type Errno } from "../../skb/errno.js";
import { kfreeSkbList, skbGet } from "../../skb/free.js";
import { skbLinearizeInner } from "../../skb/pullTail.js";
import { skbPush } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { copySkbHeader, skbHeadersOffsetUpdate } from "../../skb/sharing.js";
import type { NetKernel } from "../NetKernel.js";
import { skbNeedsLinearize } from "./features.js";

/**
 * Takes a fraglist GSO packet apart. MAC and outer headers of each segment are copies of the head's; IP and UDP headers
 * stay the member's own.
 *
 * Preconditions: gso_type has SKB_GSO_FRAGLIST; `data` is at the transport header; `offset` is the length of the MAC
 * header. Postconditions: the head's frag_list is null, its gso fields 0; the head has one more reference, which makes
 * up for the caller's consume_skb of the original. Returns the head, or -ENOMEM, after which the head must not be read
 * beyond its linear part.
 *
 * @kernel skb_segment_list net/core/skbuff.c v6.12
 */
export function skbSegmentList(k: NetKernel, skb: SkBuff, features: number, offset: number): SkBuff | Errno {
  const seams = k.skbSegmentList;
  const tnlHlen = skb.macHeader - skb.cbMacOffset;
  let list = skb.shinfo.fragList;
  let tail: SkBuff | null = null;
  let deltaLen = 0;
  let deltaTruesize = 0;

  if (!(skb.shinfo.gsoType & SKB_GSO_FRAGLIST)) skb.mem.warn("DBGWARN", "list-type");
  skbPush(skb, offset - skb.networkOffset);
  if (seams.makeHeadWritable(skb) !== 0) return abandon(skb);
  skb.shinfo.fragList = null;

  for (let more = seams.entersLoop(list); more; more = list !== null) {
    if (list === null) throw nullDeref("list-first");
    const original: SkBuff = list;
    original.assertAlive("next");
    list = original.next;
    if (original.sk !== null) skb.mem.warn("DBGWARN", "list-sk");

    deltaTruesize += seams.truesizeBefore(original);
    const taken = seams.takeOwnership(original);
    const nskb = taken.member;
    if (tail === null) skb.next = nskb;
    else tail.next = nskb;
    if (taken.err !== 0) {
      nskb.next = list; // still linked to the rest, so that abandon() frees all of it
      return abandon(skb);
    }
    tail = nskb;
    deltaLen += nskb.len;
    deltaTruesize += seams.truesizeAfter(nskb);
    skb.mem.onStep?.(`skb_segment_list: ${nskb.name} (${nskb.len} bytes) becomes a segment`);

    skbPush(nskb, offset - nskb.networkOffset);
    seams.releaseMemberState(nskb);
    const lenDiff = nskb.networkHeaderLen - skb.networkHeaderLen;
    copySkbHeader(nskb, skb);
    skbHeadersOffsetUpdate(nskb, nskb.headroom - skb.headroom);
    nskb.transportHeader = (nskb.transportHeader + lenDiff) & 0xffff;
    copyBytes(skb, skb.data - tnlHlen, nskb, nskb.data - tnlHlen, offset + tnlHlen);
    if (skbNeedsLinearize(nskb, features) && !skbLinearizeInner(nskb)) return abandon(skb);
  }

  skb.truesize = (skb.truesize - deltaTruesize) >>> 0;
  skb.dataLen = (skb.dataLen - deltaLen) >>> 0;
  skb.len = (skb.len - deltaLen) >>> 0;
  skb.shinfo.gsoSize = 0;
  skb.shinfo.gsoSegs = 0;
  skb.shinfo.gsoType = 0;
  skb.prev = tail;
  if (skbNeedsLinearize(skb, features) && !skbLinearizeInner(skb)) return abandon(skb);
  skbGet(skb);
  return skb;
}

function abandon(skb: SkBuff): Errno {
  kfreeSkbList(skb.next);
  skb.next = null;
  return -ENOMEM;
}
