/** IPv6 extension headers (RFC 8200 section 4, include/net/ipv6.h). Offsets count from a header's first byte. */
import { putU16, putU32 } from "../bytes/view.js";

export const NEXTHDR_HOP = 0;
export const NEXTHDR_TCP = 6;
export const NEXTHDR_UDP = 17;
export const NEXTHDR_ROUTING = 43;
export const NEXTHDR_FRAGMENT = 44;
export const NEXTHDR_ESP = 50;
export const NEXTHDR_AUTH = 51;
export const NEXTHDR_NONE = 59;
export const NEXTHDR_DEST = 60;

/** In every extension header but the fragment header. The length counts units of eight bytes beyond the first eight. */
export const IPV6_OPT_NEXTHDR = 0;
export const IPV6_OPT_HDRLEN = 1;

/** The hop-by-hop header of a packet above 65535 bytes (struct hop_jumbo_hdr). */
export const HOP_JUMBO_HLEN = 8;
export const HOP_JUMBO_TLV_TYPE = 2;

/** The fragment header (struct frag_hdr). */
export const IPV6_FRAG_HLEN = 8;
export const IPV6_FRAG_NEXTHDR = 0;
export const IPV6_FRAG_OFF = 2;
export const IPV6_FRAG_IDENTIFICATION = 4;
/** The parts of its `frag_off` field; the offset is in bytes, a multiple of eight. */
export const IP6_MF = 0x0001;
export const IP6_OFFSET = 0xfff8;

export const IPV6_TLV_PAD1 = 0x00;
export const IPV6_TLV_PADN = 0x01;
/** Jumbo payload (RFC 2675). */
export const IPV6_TLV_JUMBO = 0xc2;
/** Home address (RFC 6275 section 6.3), sixteen bytes long. */
export const IPV6_TLV_HAO = 0xc9;
/** An experiment (RFC 4727): whoever does not know it skips it. */
const TLV_EXPERIMENT = 0x1e;
/** A routing type for experiments (RFC 4727): with no segments left, whoever does not know it skips the header. */
const ROUTING_EXPERIMENT = 253;

/** Linux drops a packet with a longer run of padding (ip6_parse_tlv). */
const MAX_PADDING = 7;
/** The longest option: type, length and what one byte can count. */
const MAX_TLV = 2 + 255;
/** The address option must lie at 8n + 6 and so fills a header up to its 24th byte. */
const HAO_OFFSET = 6;
const HAO_UNITS = 2;

/** 2001:db8::6275, an address for documentation; receivers refuse a home address that is not unicast. */
const homeAddress = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x62, 0x75);

/** `home-address` is a destination header that carries a home address option. */
export type Ipv6ExtensionKind = "hop-by-hop" | "destination" | "routing" | "home-address";

/** The number by which the header in front announces this one. */
export function nexthdrOf(kind: Ipv6ExtensionKind): number {
  switch (kind) {
    case "hop-by-hop":
      return NEXTHDR_HOP;
    case "routing":
      return NEXTHDR_ROUTING;
    case "destination":
    case "home-address":
      return NEXTHDR_DEST;
  }
}

/** The header's length in bytes: (units + 1) * 8, and at least 24 for a home address. */
export function ipv6ExtensionLength(kind: Ipv6ExtensionKind, units: number): number {
  return 8 * (1 + (kind === "home-address" ? Math.max(units, HAO_UNITS) : units));
}

/** Writes a header that any receiver can skip at `off` and returns its length in bytes. `units` is at most 255. */
export function emitIpv6Extension(
  buf: Uint8Array,
  off: number,
  kind: Ipv6ExtensionKind,
  units: number,
  nexthdr: number,
): number {
  const length = ipv6ExtensionLength(kind, units);
  const end = off + length;
  buf[off + IPV6_OPT_NEXTHDR] = nexthdr;
  buf[off + IPV6_OPT_HDRLEN] = length / 8 - 1;
  if (kind === "routing") {
    buf[off + 2] = ROUTING_EXPERIMENT;
    buf.fill(0, off + 3, end); // no segments left
  } else if (kind === "home-address") {
    emitSkippable(buf, off + 2, off + HAO_OFFSET);
    buf[off + HAO_OFFSET] = IPV6_TLV_HAO;
    buf[off + HAO_OFFSET + 1] = homeAddress.length;
    buf.set(homeAddress, off + HAO_OFFSET + 2);
    emitSkippable(buf, off + HAO_OFFSET + 2 + homeAddress.length, end);
  } else {
    emitSkippable(buf, off + 2, end);
  }
  return length;
}

/** Fills [off, end) with options: padding as long as that is allowed, else options for experiments. */
function emitSkippable(buf: Uint8Array, off: number, end: number): void {
  for (let at = off; at < end; ) {
    const left = end - at;
    // A lone byte left over by the longest option would need a second one: leave it two.
    const length = left === MAX_TLV + 1 ? MAX_TLV - 1 : Math.min(left, MAX_TLV);
    if (length === 1) {
      buf[at] = IPV6_TLV_PAD1;
    } else {
      buf[at] = length <= MAX_PADDING ? IPV6_TLV_PADN : TLV_EXPERIMENT;
      buf[at + 1] = length - 2;
      buf.fill(0, at + 2, at + length);
    }
    at += length;
  }
}

/** Writes a jumbo header for `payloadLen` bytes behind the IPv6 header at `off`; returns the number that announces it. */
export function emitIpv6Jumbo(buf: Uint8Array, off: number, payloadLen: number, nexthdr: number): number {
  buf[off + IPV6_OPT_NEXTHDR] = nexthdr;
  buf[off + IPV6_OPT_HDRLEN] = 0;
  buf[off + HOP_JUMBO_TLV_TYPE] = IPV6_TLV_JUMBO;
  buf[off + HOP_JUMBO_TLV_TYPE + 1] = 4;
  putU32(buf, off + HOP_JUMBO_TLV_TYPE + 2, payloadLen);
  return NEXTHDR_HOP;
}

export interface Ipv6FragmentHeader {
  readonly nexthdr: number;
  /** In bytes, a multiple of eight. */
  readonly offset: number;
  readonly more: boolean;
  /** Thirty-two bits. */
  readonly identification: number;
}

/** Writes a fragment header at `off` and returns its length. */
export function emitIpv6Fragment(buf: Uint8Array, off: number, header: Ipv6FragmentHeader): number {
  buf[off + IPV6_FRAG_NEXTHDR] = header.nexthdr;
  buf[off + IPV6_FRAG_NEXTHDR + 1] = 0;
  putU16(buf, off + IPV6_FRAG_OFF, (header.offset & IP6_OFFSET) | (header.more ? IP6_MF : 0));
  putU32(buf, off + IPV6_FRAG_IDENTIFICATION, header.identification);
  return IPV6_FRAG_HLEN;
}
