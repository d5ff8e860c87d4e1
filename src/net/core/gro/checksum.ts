/** Checksums while a packet is parsed: a complete sum is kept true to the bytes behind the gro offset. */
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY } from "../../../abi/features.js";
import { csumAdd, csumFold, csumPartial, csumSub } from "../../../bytes/checksum.js";
import { bugOn } from "../../../memory/fault.js";
import { skbChecksum } from "../../../skb/read.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import type { GroResult } from "../../NetKernel.js";
import { isConsumed, skbGroFlushFinal } from "./callback.js";
import { groReadU16, groWindowAt, groWriteU16, skbGroHeader } from "./groHeader.js";
import { napiGroCb, skbGroLen, skbGroOffset } from "./napiGroCb.js";

/** @kernel SKB_MAX_CSUM_LEVEL include/linux/skbuff.h */
export const SKB_MAX_CSUM_LEVEL = 3;

/** The unfolded pseudo header sum of the packet, given its transport protocol. */
export type ComputePseudo = (skb: SkBuff, proto: number) => number;

/** A checksum over the transport header and payload alone. @kernel null_compute_pseudo include/linux/skbuff.h */
export const nullComputePseudo: ComputePseudo = () => 0;

/** One more verified checksum, as the stack behind us sees it. @kernel __skb_incr_checksum_unnecessary */
export function skbIncrChecksumUnnecessary(skb: SkBuff): void {
  if (skb.ipSummed === CHECKSUM_UNNECESSARY) {
    if (skb.csumLevel < SKB_MAX_CSUM_LEVEL) skb.csumLevel++;
  } else if (skb.ipSummed === CHECKSUM_NONE) {
    skb.ipSummed = CHECKSUM_UNNECESSARY;
    skb.csumLevel = 0;
  }
}

/** Uses up one checksum that the device verified, or records the one just done. @kernel skb_gro_incr_csum_unnecessary */
export function skbGroIncrCsumUnnecessary(skb: SkBuff): void {
  const cb = napiGroCb(skb);
  if (cb.csumCnt > 0) cb.csumCnt--;
  else skbIncrChecksumUnnecessary(skb);
}

/** @kernel skb_at_gro_remcsum_start include/net/gro.h */
const skbAtGroRemcsumStart = (skb: SkBuff): boolean => napiGroCb(skb).groRemcsumStart === skbGroOffset(skb);

function validateNeeded(skb: SkBuff, zeroOkay: boolean, check: number): boolean {
  return (
    (skb.ipSummed !== CHECKSUM_PARTIAL || skb.csumStartOffset < skbGroOffset(skb)) &&
    !skbAtGroRemcsumStart(skb) &&
    napiGroCb(skb).csumCnt === 0 &&
    (!zeroOkay || check !== 0)
  );
}

/** Sums in software what lies behind the gro offset. @kernel __skb_gro_checksum_complete net/core/gro.c v6.12 */
function skbGroChecksumComplete(skb: SkBuff, psum: number): number {
  const cb = napiGroCb(skb);
  if (cb.csumValid && csumFold(csumAdd(psum, cb.csum)) === 0) return 0;
  const sum = skbChecksum(skb, skbGroOffset(skb), skbGroLen(skb), 0);
  cb.csum = sum;
  cb.csumValid = true;
  return csumFold(csumAdd(psum, sum));
}

function validate(skb: SkBuff, proto: number, zeroOkay: boolean, check: number, pseudo: ComputePseudo): boolean {
  if (validateNeeded(skb, zeroOkay, check) && skbGroChecksumComplete(skb, pseudo(skb, proto)) !== 0) return false;
  skbGroIncrCsumUnnecessary(skb);
  return true;
}

/**
 * Whether the checksum over everything behind the gro offset is right, or need not be looked at.
 *
 * @kernel skb_gro_checksum_validate include/net/gro.h v6.12
 */
export const skbGroChecksumValidate = (skb: SkBuff, proto: number, pseudo: ComputePseudo): boolean =>
  validate(skb, proto, false, 0, pseudo);

/** The same where a field of 0 means "none". @kernel skb_gro_checksum_validate_zero_check include/net/gro.h v6.12 */
export const skbGroChecksumValidateZeroCheck = (
  skb: SkBuff,
  proto: number,
  check: number,
  pseudo: ComputePseudo,
): boolean => validate(skb, proto, true, check, pseudo);

/** The same without a pseudo header. @kernel skb_gro_checksum_simple_validate include/net/gro.h v6.12 */
export const skbGroChecksumSimpleValidate = (skb: SkBuff): boolean => validate(skb, 0, false, 0, nullComputePseudo);

/** Derives a complete sum from a transport checksum known to be right. @kernel skb_gro_checksum_try_convert */
export function skbGroChecksumTryConvert(skb: SkBuff, proto: number, pseudo: ComputePseudo): void {
  const cb = napiGroCb(skb);
  if (cb.csumCnt !== 0 || cb.csumValid) return;
  cb.csum = ~pseudo(skb, proto) >>> 0;
  cb.csumValid = true;
}

/** Takes `len` header bytes from `off` behind `data` out of a complete sum. @kernel skb_gro_postpull_rcsum */
export function skbGroPostpullRcsum(skb: SkBuff, off: number, len: number): void {
  const cb = napiGroCb(skb);
  if (!cb.csumValid) return;
  cb.csum = csumSub(cb.csum, csumPartial(skb.mem.arena.bytes, groWindowAt(skb, off, len), len, 0));
}

/** What a tunnel's remote checksum changed in the packet, to be undone. @kernel struct gro_remcsum */
export interface GroRemcsum {
  /** Of the checksum field, from `data`. */
  offset: number;
  delta: number;
}

/** @kernel skb_gro_remcsum_init include/net/gro.h */
export const skbGroRemcsumInit = (): GroRemcsum => ({ offset: 0, delta: 0 });

/**
 * A tunnel's remote checksum offload: the inner checksum starts at `start` behind the tunnel header, which lies at
 * `off` and is `hdrlen` bytes long, and its field at `offset`. Either the place is remembered, so that the inner
 * checksum counts as right, or with `nopartial` the checksum is filled in. False when the bytes are not there.
 *
 * @kernel skb_gro_remcsum_process include/net/gro.h v6.12
 */
export function skbGroRemcsumProcess(
  skb: SkBuff,
  off: number,
  hdrlen: number,
  start: number,
  offset: number,
  grc: GroRemcsum,
  nopartial: boolean,
): boolean {
  const cb = napiGroCb(skb);
  bugOn(!cb.csumValid, "gro-remcsum-no-sum");
  if (!nopartial) {
    cb.groRemcsumStart = (off + hdrlen + start) & 0xffff;
    return true;
  }
  if (!skbGroHeader(skb, off, hdrlen + Math.max(offset + 2, start))) return false;
  const at = off + hdrlen;
  const skipped = csumPartial(skb.mem.arena.bytes, groWindowAt(skb, at, start), start, 0);
  const check = csumFold(csumSub(cb.csum, skipped));
  const delta = csumSub(check, groReadU16(skb, at + offset));
  groWriteU16(skb, at + offset, check);
  cb.csum = csumAdd(cb.csum, delta);
  grc.offset = at + offset;
  grc.delta = delta;
  return true;
}

/** Puts the field back as it came. @kernel skb_gro_remcsum_cleanup include/net/gro.h v6.12 */
export function skbGroRemcsumCleanup(skb: SkBuff, grc: GroRemcsum): void {
  if (grc.delta === 0 || !skbGroHeader(skb, grc.offset, 2)) return;
  groWriteU16(skb, grc.offset, csumFold(csumSub(grc.delta, groReadU16(skb, grc.offset))));
}

/** @kernel skb_gro_flush_final_remcsum include/net/gro.h v6.12 */
export function skbGroFlushFinalRemcsum(skb: SkBuff, pp: GroResult, flush: number, grc: GroRemcsum): void {
  skbGroFlushFinal(skb, pp, flush);
  if (isConsumed(pp)) return;
  skbGroRemcsumCleanup(skb, grc);
  skb.remcsumOffload = false;
}
