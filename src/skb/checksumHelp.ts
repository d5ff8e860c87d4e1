/** Checksums that a device will not compute, computed here; and the bookkeeping of sums while headers come and go. */
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../abi/features.js";
import { CSUM_MANGLED_0, csumBlockAdd, csumFold, csumPartial, csumSub } from "../bytes/checksum.js";
import { bugOn } from "../memory/fault.js";
import { linearAt, writeU16 } from "./bytes.js";
import { EINVAL, ENOMEM, type Errno } from "./errno.js";
import { skbEnsureWritable, skbLinearizeInner } from "./pullTail.js";
import { skbPullInner } from "./pushPull.js";
import { skbChecksum } from "./read.js";
import { SKBFL_SHARED_FRAG } from "./SharedInfo.js";
import type { SkBuff } from "./SkBuff.js";

/** @kernel skb_has_shared_frag include/linux/skbuff.h */
export const skbHasSharedFrag = (skb: SkBuff): boolean =>
  skb.isNonlinear && (skb.shinfo.flags & SKBFL_SHARED_FRAG) !== 0;

/**
 * Completes a CHECKSUM_PARTIAL packet in software.
 *
 * @kernel skb_checksum_help net/core/dev.c v6.12
 */
export function skbChecksumHelp(skb: SkBuff): Errno {
  if (skb.ipSummed === CHECKSUM_COMPLETE) {
    skb.ipSummed = CHECKSUM_NONE;
    return 0;
  }
  if (skb.shinfo.gsoSize !== 0) {
    skb.mem.warn("WARN", "bad-offload");
    return -EINVAL;
  }
  if (skbHasSharedFrag(skb) && !skbLinearizeInner(skb)) return -ENOMEM;
  const start = skb.csumStartOffset;
  if (start < 0 || start >= skb.headlen || start + skb.csumOffset + 2 > skb.headlen) {
    skb.mem.warn("WARN", "checksum-field-outside");
    return -EINVAL;
  }
  const sum = skbChecksum(skb, start, skb.len - start, 0);
  if (skbEnsureWritable(skb, start + skb.csumOffset + 2) !== 0) return -ENOMEM;
  writeU16(skb, skb.csumStart + skb.csumOffset, csumFold(sum) || CSUM_MANGLED_0);
  skb.ipSummed = CHECKSUM_NONE;
  return 0;
}

/**
 * Marks the checksum at `start + offset` (counted from `data`) as to be completed by whoever sends.
 *
 * @kernel skb_partial_csum_set net/core/skbuff.c
 */
export function skbPartialCsumSet(skb: SkBuff, start: number, offset: number): boolean {
  const csumStart = skb.headroom + start;
  if (csumStart >= 0xffff || start + offset + 2 > skb.headlen) return false;
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = csumStart;
  skb.csumOffset = offset;
  skb.transportHeader = csumStart;
  return true;
}

/** Takes the `n` bytes that were pulled from `at` (an offset from head) out of a complete sum. @kernel skb_postpull_rcsum */
export function skbPostpullRcsum(skb: SkBuff, at: number, n: number): void {
  if (skb.ipSummed === CHECKSUM_COMPLETE) {
    skb.csum = csumSub(skb.csum, csumPartial(skb.mem.arena.bytes, linearAt(skb, at, n), n, 0));
  } else if (skb.ipSummed === CHECKSUM_PARTIAL && skb.csumStartOffset < 0) {
    skb.ipSummed = CHECKSUM_NONE;
  }
}

/** Adds the `n` bytes in front of which `data` now lies to a complete sum. @kernel skb_postpush_rcsum */
export function skbPostpushRcsum(skb: SkBuff, at: number, n: number): void {
  if (skb.ipSummed !== CHECKSUM_COMPLETE) return;
  skb.csum = csumBlockAdd(skb.csum, csumPartial(skb.mem.arena.bytes, linearAt(skb, at, n), n, 0), 0);
}

/** @kernel skb_pull_rcsum net/core/skbuff.c */
export function skbPullRcsum(skb: SkBuff, n: number): void {
  bugOn(n > skb.len, "pull-rcsum");
  const at = skb.data;
  skbPullInner(skb, n);
  skbPostpullRcsum(skb, at, n);
}
