/** A frame as it is once the device has finished the checksum that was left to it. */
import { CHECKSUM_PARTIAL } from "../abi/features.js";
import { csumFold, csumPartial } from "../bytes/checksum.js";
import { putU16, putU32 } from "../bytes/view.js";
import type { SkbView } from "../recipe/Run.js";
import { SCTP_CHECKSUM, sctpChecksum } from "../wire/sctp.js";

/**
 * The bytes with everything from csum_start on summed up and stored where csum_offset says; as they are, where nothing was
 * left to do. A field of two bytes lies inside, or nothing is stored. UDP sends a sum of 0 as all ones; SCTP has a CRC32c.
 */
export function completedFrame(bytes: Uint8Array, view: SkbView, isUdp: boolean): Uint8Array {
  const start = view.csumStart - view.macHeader;
  const field = start + view.csumOffset;
  if (view.ipSummed !== CHECKSUM_PARTIAL || start < 0 || field < start || field + 2 > bytes.length) return bytes;
  const whole = bytes.slice();
  // No Internet checksum has its field there.
  if (view.csumOffset === SCTP_CHECKSUM && field + 4 <= whole.length) {
    putU32(whole, field, sctpChecksum(whole, start, whole.length - start));
    return whole;
  }
  const sum = csumFold(csumPartial(whole, start, whole.length - start, 0));
  putU16(whole, field, isUdp && sum === 0 ? 0xffff : sum);
  return whole;
}
