/** The GRE header, version 0 (RFC 2784, RFC 2890, include/net/gre.h). Offsets count from its first byte. */
import { putU16, putU32 } from "../bytes/view.js";

export const IPPROTO_GRE = 47;

/** Flags and protocol; each option adds four bytes. */
export const GRE_BASE_HLEN = 4;

export const GRE_FLAGS = 0;
export const GRE_PROTO = 2;
/** With GRE_CSUM: the checksum over the GRE header and everything behind it, then sixteen reserved bits. */
export const GRE_CHECK = 4;
export const GRE_RESERVED1 = 6;

/** Which options follow, in this order. */
export const GRE_CSUM = 0x8000;
export const GRE_KEY = 0x2000;
export const GRE_SEQ = 0x1000;

export interface GreHeader {
  /** EtherType of what is inside; ETH_P_TEB for a frame. */
  readonly proto: number;
  /** The checksum as it is to stand in the header; undefined: the header has none. */
  readonly check?: number;
  readonly key?: number;
  readonly sequence?: number;
}

/** The header's length in bytes: 4 to 16. */
export function greLength(header: GreHeader): number {
  const options = [header.check, header.key, header.sequence].filter((option) => option !== undefined);
  return GRE_BASE_HLEN + 4 * options.length;
}

/** Writes the header at `off` and returns its length. */
export function emitGre(buf: Uint8Array, off: number, header: GreHeader): number {
  const { check, key, sequence } = header;
  const flags =
    (check === undefined ? 0 : GRE_CSUM) | (key === undefined ? 0 : GRE_KEY) | (sequence === undefined ? 0 : GRE_SEQ);
  putU16(buf, off + GRE_FLAGS, flags);
  putU16(buf, off + GRE_PROTO, header.proto);
  let at = off + GRE_BASE_HLEN;
  for (const option of [check === undefined ? undefined : check * 0x1_0000, key, sequence]) {
    if (option === undefined) continue;
    putU32(buf, at, option);
    at += 4;
  }
  return at - off;
}
