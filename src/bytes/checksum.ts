/**
 * The kernel's ones-complement arithmetic (include/net/checksum.h, include/asm-generic/checksum.h, RFC 1071).
 *
 * Everything is in terms of big-endian numbers. The kernel adds words in host order; ones-complement addition commutes
 * with the byte swap, so folded results are equal. Unfolded sums are u32; only their value modulo 65535, and whether
 * they are exactly zero, can be observed. A sum is zero only if everything that went into it was zero.
 */
import { getU32 } from "./view.js";

/** Stored in place of a computed UDP checksum of 0, which would mean "none" (RFC 768). */
export const CSUM_MANGLED_0 = 0xffff;

const TWO_32 = 0x1_0000_0000;
const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
/** From this length on a 32-bit view of the buffer is worth its allocation. */
const WORDS_PAY_FROM = 160;
/** So many 32-bit words add up exactly in a double. */
const WORDS_AT_ONCE = 1 << 20;

/** Ones-complement addition of two u32 sums. */
export function csumAdd(a: number, b: number): number {
  const sum = (a >>> 0) + (b >>> 0);
  return sum >= TWO_32 ? sum - TWO_32 + 1 : sum;
}

/** Ones-complement subtraction of two u32 sums. */
export function csumSub(a: number, b: number): number {
  return csumAdd(a, ~b);
}

/** Folds a u32 sum to 16 bits and complements it: 0 gives 0xffff, any other multiple of 65535 gives 0. */
export function csumFold(x: number): number {
  return ~fold16(x >>> 0) & 0xffff;
}

/** The sum of a block as it counts when the block begins at `off` of a larger one: odd offsets swap its bytes. */
export function csumShift(x: number, off: number): number {
  return (off & 1) !== 0 ? ((x >>> 8) | (x << 24)) >>> 0 : x >>> 0;
}

/** Adds the sum `b` of a block at offset `off` to the sum `a` of the larger one. */
export function csumBlockAdd(a: number, b: number, off: number): number {
  return csumAdd(a, csumShift(b, off));
}

/** Takes the sum `b` of a block at offset `off` out of the sum `a` of the larger one. */
export function csumBlockSub(a: number, b: number, off: number): number {
  return csumBlockAdd(a, ~b, off);
}

/** Ones-complement addition of 16-bit numbers. */
export function csum16Add(c: number, x: number): number {
  const sum = (c & 0xffff) + (x & 0xffff);
  return (sum + (sum >>> 16)) & 0xffff;
}

/** Ones-complement subtraction of 16-bit numbers. */
export function csum16Sub(c: number, x: number): number {
  return csum16Add(c, ~x);
}

/** The checksum field after a 32-bit quantity under it changed (csum_replace4; csum_replace_by_diff with a u32). */
export function csumReplace4(check16: number, from32: number, to32: number): number {
  return csumFold(csumAdd(csumSub(~check16, from32), to32));
}

/** The checksum field after a 16-bit word under it changed (csum_replace2). */
export function csumReplace2(check16: number, from16: number, to16: number): number {
  return ~csum16Add(csum16Sub(~check16, from16), to16) & 0xffff;
}

/**
 * The checksum field after bytes under it changed, for a packet whose checksum is not partial
 * (inet_proto_csum_replace16, net/core/utils.c). Both arrays have the same even length.
 */
export function replaceByDiff16(check: number, fromBytes: Uint8Array, toBytes: Uint8Array): number {
  let sum = csumPartial(toBytes, 0, toBytes.length, ~check >>> 0);
  for (let i = 0; i < fromBytes.length; i += 2) {
    sum = csumAdd(sum, ~((fromBytes[i]! << 8) | fromBytes[i + 1]!) & 0xffff);
  }
  return csumFold(sum);
}

/** The unfolded IPv4 pseudo header sum, added to `init` (csum_tcpudp_nofold). Offsets of the addresses count in `buf`. */
export function pseudoSumV4(
  buf: Uint8Array,
  saddrOff: number,
  daddrOff: number,
  len: number,
  proto: number,
  init: number,
): number {
  return fold32(getU32(buf, saddrOff) + getU32(buf, daddrOff) + (len >>> 0) + proto + (init >>> 0));
}

/** The unfolded IPv6 pseudo header sum, added to `init` (csum_ipv6_magic before its fold). */
export function pseudoSumV6(
  buf: Uint8Array,
  saddrOff: number,
  daddrOff: number,
  len: number,
  proto: number,
  init: number,
): number {
  let sum = (len >>> 0) + proto + (init >>> 0);
  for (let i = 0; i < 16; i += 4) sum += getU32(buf, saddrOff + i) + getU32(buf, daddrOff + i);
  return fold32(sum);
}

/**
 * Adds the big-endian 16-bit words of buf[start, start + len) to `init`; an odd last byte counts as the high half of a
 * word (csum_partial). The range lies inside `buf`.
 */
export function csumPartial(buf: Uint8Array, start: number, len: number, init: number): number {
  const sum = len < WORDS_PAY_FROM ? sumBytes(buf, start, len) : sumWords(buf, start, len);
  return csumAdd(init, sum);
}

/** The sum of fewer than 32768 words, so that it stays a small integer. */
function sumBytes(buf: Uint8Array, start: number, len: number): number {
  const end = start + len;
  let i = start;
  let sum = 0;
  for (; i + 8 <= end; i += 8) {
    sum +=
      ((buf[i]! + buf[i + 2]! + buf[i + 4]! + buf[i + 6]!) << 8) +
      (buf[i + 1]! + buf[i + 3]! + buf[i + 5]! + buf[i + 7]!);
  }
  for (; i + 2 <= end; i += 2) sum += (buf[i]! << 8) + buf[i + 1]!;
  if (i < end) sum += buf[i]! << 8;
  return sum;
}

/** The same folded to 16 bits, for long ranges: host-order 32-bit words summed in doubles. */
function sumWords(buf: Uint8Array, start: number, len: number): number {
  const before = -(buf.byteOffset + start) & 3;
  const words = (len - before) >>> 2;
  const after = start + before + 4 * words;
  let middle = 0;
  for (let done = 0; done < words; done += WORDS_AT_ONCE) {
    const count = Math.min(words - done, WORDS_AT_ONCE);
    const view = new Uint32Array(buf.buffer, buf.byteOffset + start + before + 4 * done, count);
    middle = fold16(fold32(middle + addUp(view)));
  }
  if (HOST_IS_LITTLE_ENDIAN) middle = swap16(middle);
  // Behind an odd number of leading bytes both the words and the tail sit one byte off.
  const rest = fold16(middle + sumBytes(buf, after, start + len - after));
  return fold16(sumBytes(buf, start, before) + ((before & 1) !== 0 ? swap16(rest) : rest));
}

/** Four running sums: a single one would make each addition wait for the one before. */
function addUp(view: Uint32Array): number {
  const whole = view.length & ~7;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 8) {
    a += view[i]! + view[i + 4]!;
    b += view[i + 1]! + view[i + 5]!;
    c += view[i + 2]! + view[i + 6]!;
    d += view[i + 3]! + view[i + 7]!;
  }
  for (let i = whole; i < view.length; i += 1) a += view[i]!;
  return a + b + c + d;
}

/** A sum below 2^53, with the carries beyond 32 bits added back in. */
function fold32(sum: number): number {
  while (sum >= TWO_32) sum = (sum % TWO_32) + Math.floor(sum / TWO_32);
  return sum;
}

/** A u32 sum, with the carries beyond 16 bits added back in. */
function fold16(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

function swap16(x: number): number {
  return ((x & 0xff) << 8) | (x >>> 8);
}
