/** The UDP header (RFC 768, struct udphdr in include/uapi/linux/udp.h). Offsets count from its first byte. */
import { putU16 } from "../bytes/view.js";

export const IPPROTO_UDP = 17;

export const UDP_HLEN = 8;

export const UDP_SOURCE = 0;
export const UDP_DEST = 2;
export const UDP_LEN = 4;
export const UDP_CHECK = 6;

export interface UdpHeader {
  readonly source: number;
  readonly dest: number;
  /** Of header and payload; taken modulo 65536. */
  readonly len: number;
  /** As it is to stand in the header: complete, a pseudo-header sum, or 0 for none. */
  readonly check: number;
}

/** Writes the header at `off` and returns its length. */
export function emitUdp(buf: Uint8Array, off: number, header: UdpHeader): number {
  putU16(buf, off + UDP_SOURCE, header.source);
  putU16(buf, off + UDP_DEST, header.dest);
  putU16(buf, off + UDP_LEN, header.len);
  putU16(buf, off + UDP_CHECK, header.check);
  return UDP_HLEN;
}
