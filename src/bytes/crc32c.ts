/** CRC32c, the checksum of SCTP (RFC 9260 appendix A), as the kernel's crc32c() computes it: reflected, not inverted. */

/** The Castagnoli polynomial, bit-reversed. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) !== 0 ? POLYNOMIAL : 0);
  return crc;
});

/**
 * The checksum of buf[start, start + len) continued from `init`, a u32. A packet's own begins with ~0 and is inverted at
 * the end.
 */
export function crc32c(buf: Uint8Array, start: number, len: number, init: number): number {
  let crc = init;
  for (let i = start; i < start + len; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ buf[i]!) & 0xff]!;
  return crc >>> 0;
}
