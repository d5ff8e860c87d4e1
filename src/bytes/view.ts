/**
 * Numbers in byte arrays. Offsets and widths are in bytes; the caller guarantees that they lie inside the array.
 *
 * Plain indexing rather than DataView: it needs no second object for each buffer, and it was the faster of the two.
 */

/** The big-endian 16-bit number at `off`. */
export function getU16(buf: Uint8Array, off: number): number {
  return (buf[off]! << 8) | buf[off + 1]!;
}

/** The big-endian 32-bit number at `off`, unsigned. */
export function getU32(buf: Uint8Array, off: number): number {
  return ((buf[off]! << 24) | (buf[off + 1]! << 16) | (buf[off + 2]! << 8) | buf[off + 3]!) >>> 0;
}

/** Stores the low 16 bits of `v` big-endian at `off`. */
export function putU16(buf: Uint8Array, off: number, v: number): void {
  buf[off] = v >>> 8;
  buf[off + 1] = v;
}

/** Stores the low 32 bits of `v` big-endian at `off`. */
export function putU32(buf: Uint8Array, off: number, v: number): void {
  buf[off] = v >>> 24;
  buf[off + 1] = v >>> 16;
  buf[off + 2] = v >>> 8;
  buf[off + 3] = v;
}

/** The little-endian 16-bit number at `off`. */
export function getU16le(buf: Uint8Array, off: number): number {
  return buf[off]! | (buf[off + 1]! << 8);
}

/** Stores the low 16 bits of `v` little-endian at `off`. */
export function putU16le(buf: Uint8Array, off: number, v: number): void {
  buf[off] = v;
  buf[off + 1] = v >>> 8;
}
