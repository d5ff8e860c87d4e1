/** The IPv6 header (RFC 8200 section 3, struct ipv6hdr in include/uapi/linux/ipv6.h). Offsets count from its first byte. */
import { putU16, putU32 } from "../bytes/view.js";

export const IPV6_HLEN = 40;

/** Version, traffic class and flow label share these four bytes. */
export const IPV6_FLOW = 0;
export const IPV6_PAYLOAD_LEN = 4;
export const IPV6_NEXTHDR = 6;
export const IPV6_HOP_LIMIT = 7;
export const IPV6_SADDR = 8;
export const IPV6_DADDR = 24;

export interface Ipv6Header {
  readonly trafficClass: number;
  /** Twenty bits. */
  readonly flowLabel: number;
  /** Of everything behind this header, extension headers included; taken modulo 65536. */
  readonly payloadLen: number;
  readonly nexthdr: number;
  readonly hopLimit: number;
  /** Sixteen bytes. */
  readonly saddr: Uint8Array;
  /** Sixteen bytes. */
  readonly daddr: Uint8Array;
}

/** Writes the header at `off` and returns its length. */
export function emitIpv6(buf: Uint8Array, off: number, header: Ipv6Header): number {
  putU32(buf, off + IPV6_FLOW, (6 << 28) | ((header.trafficClass & 0xff) << 20) | (header.flowLabel & 0xfffff));
  putU16(buf, off + IPV6_PAYLOAD_LEN, header.payloadLen);
  buf[off + IPV6_NEXTHDR] = header.nexthdr;
  buf[off + IPV6_HOP_LIMIT] = header.hopLimit;
  buf.set(header.saddr, off + IPV6_SADDR);
  buf.set(header.daddr, off + IPV6_DADDR);
  return IPV6_HLEN;
}
