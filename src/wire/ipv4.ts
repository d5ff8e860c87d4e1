/** The IPv4 header (RFC 791, struct iphdr in include/uapi/linux/ip.h). Offsets count from its first byte. */
import { csumFold, csumPartial } from "../bytes/checksum.js";
import { putU16 } from "../bytes/view.js";

/** Without options. */
export const IPV4_HLEN = 20;

export const IPV4_VERSION_IHL = 0;
export const IPV4_TOS = 1;
export const IPV4_TOT_LEN = 2;
export const IPV4_ID = 4;
export const IPV4_FRAG_OFF = 6;
export const IPV4_TTL = 8;
export const IPV4_PROTOCOL = 9;
export const IPV4_CHECK = 10;
export const IPV4_SADDR = 12;
export const IPV4_DADDR = 16;
export const IPV4_OPTIONS = 20;

/** The parts of the `frag_off` field (include/net/ip.h). */
export const IP_CE = 0x8000;
export const IP_DF = 0x4000;
export const IP_MF = 0x2000;
/** The fragment offset, in units of eight bytes. */
export const IP_OFFSET = 0x1fff;

const IPOPT_NOOP = 1;

export interface Ipv4Header {
  readonly tos: number;
  /** Of header and payload; taken modulo 65536. */
  readonly totLen: number;
  readonly id: number;
  /** Flags and fragment offset as they stand in the header: IP_DF and the like. */
  readonly fragOff: number;
  readonly ttl: number;
  readonly protocol: number;
  /** Four bytes. */
  readonly saddr: Uint8Array;
  /** Four bytes. */
  readonly daddr: Uint8Array;
  /** A multiple of four bytes, at most forty. */
  readonly options: Uint8Array;
}

/** Options that mean nothing, in units of four bytes. */
export function ipv4NoopOptions(words: number): Uint8Array {
  return new Uint8Array(4 * words).fill(IPOPT_NOOP);
}

/** Writes the header with its options and a valid checksum at `off` and returns its length in bytes. */
export function emitIpv4(buf: Uint8Array, off: number, header: Ipv4Header): number {
  const hlen = IPV4_HLEN + header.options.length;
  buf[off + IPV4_VERSION_IHL] = (4 << 4) | (hlen >>> 2);
  buf[off + IPV4_TOS] = header.tos;
  putU16(buf, off + IPV4_TOT_LEN, header.totLen);
  putU16(buf, off + IPV4_ID, header.id);
  putU16(buf, off + IPV4_FRAG_OFF, header.fragOff);
  buf[off + IPV4_TTL] = header.ttl;
  buf[off + IPV4_PROTOCOL] = header.protocol;
  buf.set(header.saddr, off + IPV4_SADDR);
  buf.set(header.daddr, off + IPV4_DADDR);
  buf.set(header.options, off + IPV4_OPTIONS);
  putU16(buf, off + IPV4_CHECK, 0);
  putU16(buf, off + IPV4_CHECK, csumFold(csumPartial(buf, off, hlen, 0)));
  return hlen;
}
