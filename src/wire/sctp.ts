/** The SCTP common header (RFC 9260 section 3.1, struct sctphdr in include/linux/sctp.h). Offsets count from its first byte. */
import { crc32c } from "../bytes/crc32c.js";
import { putU16, putU32 } from "../bytes/view.js";

export const IPPROTO_SCTP = 132;

export const SCTP_HLEN = 12;

export const SCTP_SOURCE = 0;
export const SCTP_DEST = 2;
export const SCTP_VTAG = 4;
/** CRC32c over header and chunks with this field 0, its bytes in little-endian order. */
export const SCTP_CHECKSUM = 8;

export interface SctpHeader {
  readonly source: number;
  readonly dest: number;
  /** The verification tag, thirty-two bits. */
  readonly vtag: number;
}

/** Writes the header with a checksum of 0 at `off` and returns its length. */
export function emitSctp(buf: Uint8Array, off: number, header: SctpHeader): number {
  putU16(buf, off + SCTP_SOURCE, header.source);
  putU16(buf, off + SCTP_DEST, header.dest);
  putU32(buf, off + SCTP_VTAG, header.vtag);
  putU32(buf, off + SCTP_CHECKSUM, 0);
  return SCTP_HLEN;
}

/** What belongs in the checksum field of the packet of `len` bytes at `off`, as a big-endian number. */
export function sctpChecksum(buf: Uint8Array, off: number, len: number): number {
  const before = crc32c(buf, off, SCTP_CHECKSUM, 0xffffffff);
  const field = crc32c(new Uint8Array(4), 0, 4, before);
  return sctpChecksumField(crc32c(buf, off + SCTP_HLEN, len - SCTP_HLEN, field));
}

/** A running CRC32c finished: inverted, and its bytes in the order in which the field has them. */
export function sctpChecksumField(crc: number): number {
  const end = ~crc >>> 0;
  return (((end & 0xff) << 24) | ((end & 0xff00) << 8) | ((end >>> 8) & 0xff00) | (end >>> 24)) >>> 0;
}
