/** Transport checksums after a change of an address or a port, in whatever state the packet's checksum is. */
import { CHECKSUM_COMPLETE, CHECKSUM_PARTIAL } from "../../abi/features.js";
import {
  csumAdd,
  csumFold,
  csumPartial,
  csumReplace2,
  csumReplace4,
  csumSub,
  replaceByDiff16,
} from "../../bytes/checksum.js";
import { readU16, writeU16 } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";

/** A change of what the pseudo header covers shows in a partial checksum; any other change does not. */
const changesPartial = (skb: SkBuff, pseudohdr: boolean): boolean => skb.ipSummed === CHECKSUM_PARTIAL && pseudohdr;

/**
 * Adjusts the checksum at `field` (an offset from head) for a 32-bit change.
 *
 * @kernel inet_proto_csum_replace4 net/core/utils.c
 */
export function inetProtoCsumReplace4(skb: SkBuff, field: number, from: number, to: number, pseudohdr: boolean): void {
  const check = readU16(skb, field);
  if (skb.ipSummed !== CHECKSUM_PARTIAL) {
    writeU16(skb, field, csumReplace4(check, from, to));
    if (skb.ipSummed === CHECKSUM_COMPLETE && pseudohdr) {
      skb.csum = ~csumAdd(csumSub(~skb.csum >>> 0, from), to) >>> 0;
    }
  } else if (changesPartial(skb, pseudohdr)) {
    writeU16(skb, field, ~csumFold(csumAdd(csumSub(check, from), to)) & 0xffff);
  }
}

/** The same for a 16-bit change. @kernel inet_proto_csum_replace2 include/net/checksum.h */
export function inetProtoCsumReplace2(skb: SkBuff, field: number, from: number, to: number, pseudohdr: boolean): void {
  if (skb.ipSummed !== CHECKSUM_PARTIAL) writeU16(skb, field, csumReplace2(readU16(skb, field), from, to));
  else inetProtoCsumReplace4(skb, field, from, to, pseudohdr);
}

/** The same for an IPv6 address. @kernel inet_proto_csum_replace16 net/core/utils.c */
export function inetProtoCsumReplace16(skb: SkBuff, field: number, from: Uint8Array, to: Uint8Array): void {
  const check = readU16(skb, field);
  if (skb.ipSummed !== CHECKSUM_PARTIAL) {
    writeU16(skb, field, replaceByDiff16(check, from, to));
    return;
  }
  const removed = Uint8Array.from(from, (byte) => ~byte & 0xff);
  const sum = csumPartial(to, 0, to.length, csumPartial(removed, 0, removed.length, check));
  writeU16(skb, field, ~csumFold(sum) & 0xffff);
}

/**
 * The same for any change, given as the difference of the sums.
 *
 * @kernel inet_proto_csum_replace_by_diff net/core/utils.c v6.12
 */
export function inetProtoCsumReplaceByDiff(
  skb: SkBuff,
  field: number,
  diff: number,
  pseudohdr: boolean,
  isIpv6: boolean,
): void {
  const check = readU16(skb, field);
  if (skb.ipSummed !== CHECKSUM_PARTIAL) {
    writeU16(skb, field, csumFold(csumAdd(diff, ~check & 0xffff)));
    if (skb.ipSummed === CHECKSUM_COMPLETE && pseudohdr && !isIpv6) skb.csum = ~csumSub(diff, skb.csum) >>> 0;
  } else if (pseudohdr) {
    writeU16(skb, field, ~csumFold(csumAdd(diff, check)) & 0xffff);
  }
}
