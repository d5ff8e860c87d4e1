/**
 * Payload bytes as a function of a seed and a position: byte i is (7i + 13(i >> 8) + 31 seed + 1) mod 256.
 *
 * Position-dependent, so that swapped, shifted or repeated pieces show, and never drawn one by one.
 */

/** The pattern has this period. */
const PERIOD = 0x10000;
/** Filling fewer bytes than this costs less in a loop than by copying. */
const COPY_FROM = 48;

/** The byte at position `index` of the pattern of `seed`. */
export function patternByte(seed: number, index: number): number {
  return (7 * index + 13 * (index >> 8) + 31 * seed + 1) & 255;
}

/** Two periods of the pattern of seed 0, so that every stretch of one period lies in it in one piece. */
const table = Uint8Array.from({ length: 2 * PERIOD }, (_, i) => patternByte(0, i));

/**
 * Where the pattern of `seed` begins in that of seed 0. A step of 256 positions adds 13, and 197 is the inverse of 13
 * modulo 256, so 197 * 31 * seed such steps add 31 * seed.
 */
function shiftOf(seed: number): number {
  return ((197 * 31 * seed) & 255) * 256;
}

/** Writes positions `firstIndex` onward of the pattern of `seed` to buf[start, start + len). */
export function fillPattern(buf: Uint8Array, start: number, len: number, seed: number, firstIndex: number): void {
  if (len < COPY_FROM) {
    for (let i = 0; i < len; i += 1) buf[start + i] = patternByte(seed, firstIndex + i);
    return;
  }
  const from = (firstIndex + shiftOf(seed)) & (PERIOD - 1);
  for (let done = 0; done < len; done += PERIOD) {
    buf.set(table.subarray(from, from + Math.min(len - done, PERIOD)), start + done);
  }
}
