/** The TCP header (RFC 9293, struct tcphdr in include/uapi/linux/tcp.h). Offsets count from its first byte. */
import { putU16, putU32 } from "../bytes/view.js";

export const IPPROTO_TCP = 6;

/** Without options. */
export const TCP_HLEN = 20;

export const TCP_SOURCE = 0;
export const TCP_DEST = 2;
export const TCP_SEQ = 4;
export const TCP_ACK_SEQ = 8;
/** The header's length in units of four bytes is the high half of this byte. */
export const TCP_DOFF = 12;
export const TCP_FLAGS = 13;
export const TCP_WINDOW = 14;
export const TCP_CHECK = 16;
export const TCP_URG_PTR = 18;
export const TCP_OPTIONS = 20;

/** Bits of the byte at TCP_FLAGS. */
export const TCPHDR_FIN = 0x01;
export const TCPHDR_SYN = 0x02;
export const TCPHDR_RST = 0x04;
export const TCPHDR_PSH = 0x08;
export const TCPHDR_ACK = 0x10;
export const TCPHDR_URG = 0x20;
export const TCPHDR_ECE = 0x40;
export const TCPHDR_CWR = 0x80;

/** Options that mean nothing, in units of four bytes. */
export function tcpNoopOptions(words: number): Uint8Array {
  return new Uint8Array(4 * words).fill(TCPOPT_NOP);
}

const TCPOPT_NOP = 1;

export interface TcpHeader {
  readonly source: number;
  readonly dest: number;
  readonly seq: number;
  readonly ackSeq: number;
  /** The byte at TCP_FLAGS. */
  readonly flags: number;
  readonly window: number;
  /** As it is to stand in the header: complete, or a pseudo-header sum. */
  readonly check: number;
  readonly urgPtr: number;
  /** A multiple of four bytes, at most forty. */
  readonly options: Uint8Array;
}

/** Writes the header with its options at `off` and returns its length in bytes. */
export function emitTcp(buf: Uint8Array, off: number, header: TcpHeader): number {
  const hlen = TCP_HLEN + header.options.length;
  putU16(buf, off + TCP_SOURCE, header.source);
  putU16(buf, off + TCP_DEST, header.dest);
  putU32(buf, off + TCP_SEQ, header.seq);
  putU32(buf, off + TCP_ACK_SEQ, header.ackSeq);
  buf[off + TCP_DOFF] = (hlen / 4) << 4;
  buf[off + TCP_FLAGS] = header.flags;
  putU16(buf, off + TCP_WINDOW, header.window);
  putU16(buf, off + TCP_CHECK, header.check);
  putU16(buf, off + TCP_URG_PTR, header.urgPtr);
  buf.set(header.options, off + TCP_OPTIONS);
  return hlen;
}
