/** CRC32c over packets, and what the transmit path does for a device that cannot compute it. */
import { CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../../abi/features.js";
import { readU32, writeU32 } from "../../skb/bytes.js";
import { skbHasSharedFrag } from "../../skb/checksumHelp.js";
import { EINVAL, ENOMEM, type Errno } from "../../skb/errno.js";
import { skbEnsureWritable, skbLinearizeInner } from "../../skb/pullTail.js";
import { skbCrc32c } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { SCTP_CHECKSUM, sctpChecksumField } from "../../wire/sctp.js";

/**
 * What belongs in the checksum field of the SCTP packet at `offset` behind `data`. The field is 0 while it is summed and
 * has its old value again afterwards.
 *
 * @kernel sctp_compute_cksum include/net/sctp/checksum.h v6.12
 */
export function sctpComputeCksum(skb: SkBuff, offset: number): number {
  const field = skb.data + offset + SCTP_CHECKSUM;
  const old = readU32(skb, field);
  writeU32(skb, field, 0);
  const check = sctpChecksumField(skbCrc32c(skb, offset, skb.len - offset, 0xffffffff));
  writeU32(skb, field, old);
  return check;
}

/**
 * Completes an SCTP packet whose checksum is partial. A GSO packet is left alone: its segments get theirs.
 *
 * @kernel skb_crc32c_csum_help net/core/dev.c v6.12
 */
export function skbCrc32cCsumHelp(skb: SkBuff): Errno {
  if (skb.ipSummed !== CHECKSUM_PARTIAL || skb.shinfo.gsoSize !== 0) return 0;
  if (skbHasSharedFrag(skb) && !skbLinearizeInner(skb)) return -ENOMEM;
  const start = skb.csumStartOffset;
  const offset = start + SCTP_CHECKSUM;
  if (offset >= skb.headlen) {
    skb.mem.warn("WARN", "checksum-field-outside");
    return -EINVAL;
  }
  const err = skbEnsureWritable(skb, offset + 4);
  if (err !== 0) return err;
  const crc = skbCrc32c(skb, start, skb.len - start, 0xffffffff);
  writeU32(skb, skb.data + offset, sctpChecksumField(crc));
  skb.ipSummed = CHECKSUM_NONE;
  skb.csumNotInet = false;
  return 0;
}
