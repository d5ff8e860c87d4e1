/**
 * Takes a finished frame apart for whoever judges it. The modelled kernel never uses this: a dissector of its own
 * cannot share the model's mistakes.
 *
 * It believes no length field but those it needs to find the next header, so that a wrong one is still seen by a law.
 */
import { csumFold, csumPartial, pseudoSumV4, pseudoSumV6 } from "../bytes/checksum.js";
import { crc32c } from "../bytes/crc32c.js";
import { getU16, getU32 } from "../bytes/view.js";
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, ETH_PROTO, isVlanType } from "./ethernet.js";
import * as ipv4 from "./ipv4.js";
import * as ipv6 from "./ipv6.js";
import * as ext from "./ipv6Ext.js";
import { IPPROTO_SCTP, SCTP_CHECKSUM, SCTP_DEST, SCTP_HLEN, SCTP_SOURCE, SCTP_VTAG } from "./sctp.js";
import * as tcp from "./tcp.js";
import { IPPROTO_UDP, UDP_CHECK, UDP_DEST, UDP_HLEN, UDP_LEN, UDP_SOURCE } from "./udp.js";
import { VLAN_ENCAPSULATED_PROTO, VLAN_HLEN } from "./vlan.js";

/** A frame's outermost headers, or those of a layer inside (frameLayers.ts). Offsets count bytes from the frame's start. */
export interface ParsedFrame {
  /** Length of the Ethernet header with all its VLAN tags; 0 for an inner layer that has none. */
  readonly macLen: number;
  /** Behind the tags. */
  readonly etherType: number;
  /** 0: neither IPv4 nor IPv6; the fields below then are 0, or the end of the MAC header. */
  readonly version: 4 | 6 | 0;
  readonly l3Offset: number;
  /** IPv4 with options; 40 for IPv6. */
  readonly l3HeaderLen: number;
  /** Behind options, extension headers and the fragment header. */
  readonly l4Offset: number;
  readonly l4Proto: number;
  /** The field: total length of IPv4, payload length of IPv6. */
  readonly ipTotalLen: number;
  /** The identification of IPv4, 0 otherwise. */
  readonly ipId: number;
  readonly fragment: ParsedFragment | undefined;
  readonly saddrOffset: number;
  readonly daddrOffset: number;
  readonly addrLen: number;
  /** Set when the header is there: not in a later fragment. */
  readonly udp: ParsedUdp | undefined;
  readonly tcp: ParsedTcp | undefined;
  readonly sctp: ParsedSctp | undefined;
  /** Behind the UDP, TCP or SCTP header if that is there, else at l4Offset. */
  readonly payloadOffset: number;
}

/** Where a fragment belongs; present for every IPv6 fragment header and every IPv4 header with MF or an offset. */
export interface ParsedFragment {
  /** In bytes. */
  readonly offset: number;
  readonly more: boolean;
  readonly id: number;
}

export interface ParsedUdp {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly length: number;
  readonly check: number;
}

/** A TCP header that is there with all its options. */
export interface ParsedTcp {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  /** In bytes, options included. */
  readonly headerLen: number;
  /** The byte with FIN, SYN, RST, PSH, ACK, URG, ECE, CWR from its low bit up. */
  readonly flags: number;
  readonly window: number;
  readonly check: number;
}

export interface ParsedSctp {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly verificationTag: number;
  /** The four bytes of the CRC32c field as a big-endian number. */
  readonly check: number;
}

type NetworkLayer = Omit<ParsedFrame, "macLen" | "etherType" | "udp" | "tcp" | "sctp" | "payloadOffset">;

/** The frame's headers; undefined when it is cut short inside them or they contradict themselves. */
export function parseFrame(bytes: Uint8Array): ParsedFrame | undefined {
  return parseHeaders(bytes, 0, "ethernet");
}

/** The headers that begin at `start`: an Ethernet header, or what an EtherType announced. As parseFrame otherwise. */
export function parseHeaders(bytes: Uint8Array, start: number, type: "ethernet" | number): ParsedFrame | undefined {
  let macLen = 0;
  let etherType = type;
  if (etherType === "ethernet") {
    if (bytes.length < start + ETH_HLEN) return undefined;
    macLen = ETH_HLEN;
    etherType = getU16(bytes, start + ETH_PROTO);
    while (isVlanType(etherType)) {
      if (bytes.length < start + macLen + VLAN_HLEN) return undefined;
      etherType = getU16(bytes, start + macLen + VLAN_ENCAPSULATED_PROTO);
      macLen += VLAN_HLEN;
    }
  }

  const network = parseNetworkLayer(bytes, start + macLen, etherType);
  if (network === undefined) return undefined;
  const udp = parseUdp(bytes, network);
  const tcp = parseTcp(bytes, network);
  const sctp = parseSctp(bytes, network);
  const l4HeaderLen = udp ? UDP_HLEN : sctp ? SCTP_HLEN : (tcp?.headerLen ?? 0);
  return { macLen, etherType, ...network, udp, tcp, sctp, payloadOffset: network.l4Offset + l4HeaderLen };
}

function parseNetworkLayer(bytes: Uint8Array, at: number, etherType: number): NetworkLayer | undefined {
  if (etherType === ETH_P_IP) return parseIpv4(bytes, at);
  if (etherType === ETH_P_IPV6) return parseIpv6(bytes, at);
  return {
    version: 0,
    l3Offset: at,
    l3HeaderLen: 0,
    l4Offset: at,
    l4Proto: 0,
    ipTotalLen: 0,
    ipId: 0,
    fragment: undefined,
    saddrOffset: at,
    daddrOffset: at,
    addrLen: 0,
  };
}

function parseIpv4(bytes: Uint8Array, at: number): NetworkLayer | undefined {
  if (bytes.length < at + ipv4.IPV4_HLEN || bytes[at]! >>> 4 !== 4) return undefined;
  const l3HeaderLen = (bytes[at + ipv4.IPV4_VERSION_IHL]! & 0xf) * 4;
  if (l3HeaderLen < ipv4.IPV4_HLEN || bytes.length < at + l3HeaderLen) return undefined;
  const ipId = getU16(bytes, at + ipv4.IPV4_ID);
  const fragOff = getU16(bytes, at + ipv4.IPV4_FRAG_OFF);
  const offset = (fragOff & ipv4.IP_OFFSET) * 8;
  const more = (fragOff & ipv4.IP_MF) !== 0;
  return {
    version: 4,
    l3Offset: at,
    l3HeaderLen,
    l4Offset: at + l3HeaderLen,
    l4Proto: bytes[at + ipv4.IPV4_PROTOCOL]!,
    ipTotalLen: getU16(bytes, at + ipv4.IPV4_TOT_LEN),
    ipId,
    fragment: more || offset > 0 ? { offset, more, id: ipId } : undefined,
    saddrOffset: at + ipv4.IPV4_SADDR,
    daddrOffset: at + ipv4.IPV4_DADDR,
    addrLen: 4,
  };
}

function parseIpv6(bytes: Uint8Array, at: number): NetworkLayer | undefined {
  if (bytes.length < at + ipv6.IPV6_HLEN || bytes[at]! >>> 4 !== 6) return undefined;
  const upper = walkExtensions(bytes, at + ipv6.IPV6_HLEN, bytes[at + ipv6.IPV6_NEXTHDR]!);
  if (upper === undefined) return undefined;
  return {
    version: 6,
    l3Offset: at,
    l3HeaderLen: ipv6.IPV6_HLEN,
    ...upper,
    ipTotalLen: getU16(bytes, at + ipv6.IPV6_PAYLOAD_LEN),
    ipId: 0,
    saddrOffset: at + ipv6.IPV6_SADDR,
    daddrOffset: at + ipv6.IPV6_DADDR,
    addrLen: 16,
  };
}

/** Follows the chain of headers up to the first that is none of IPv6's own; in a later fragment no further than its header. */
function walkExtensions(
  bytes: Uint8Array,
  first: number,
  announced: number,
): Pick<NetworkLayer, "l4Offset" | "l4Proto" | "fragment"> | undefined {
  let l4Offset = first;
  let l4Proto = announced;
  let fragment: ParsedFragment | undefined;
  while (isExtension(l4Proto)) {
    if (bytes.length < l4Offset + 8) return undefined;
    let length = (bytes[l4Offset + ext.IPV6_OPT_HDRLEN]! + 1) * 8;
    if (l4Proto === ext.NEXTHDR_FRAGMENT) {
      length = ext.IPV6_FRAG_HLEN;
      const fragOff = getU16(bytes, l4Offset + ext.IPV6_FRAG_OFF);
      const id = getU32(bytes, l4Offset + ext.IPV6_FRAG_IDENTIFICATION);
      fragment = { offset: fragOff & ext.IP6_OFFSET, more: (fragOff & ext.IP6_MF) !== 0, id };
    } else if (l4Proto === ext.NEXTHDR_AUTH) {
      // RFC 4302 section 2.2: counted in units of four bytes, and by two less.
      length = (bytes[l4Offset + ext.IPV6_OPT_HDRLEN]! + 2) * 4;
    }
    l4Proto = bytes[l4Offset + ext.IPV6_OPT_NEXTHDR]!;
    l4Offset += length;
    if (bytes.length < l4Offset) return undefined;
    if (fragment !== undefined && fragment.offset > 0) break;
  }
  return { l4Offset, l4Proto, fragment };
}

function isExtension(proto: number): boolean {
  return (
    proto === ext.NEXTHDR_HOP ||
    proto === ext.NEXTHDR_ROUTING ||
    proto === ext.NEXTHDR_FRAGMENT ||
    proto === ext.NEXTHDR_AUTH ||
    proto === ext.NEXTHDR_DEST
  );
}

function beginsUpperLayer(network: NetworkLayer): boolean {
  return network.version !== 0 && (network.fragment === undefined || network.fragment.offset === 0);
}

function parseUdp(bytes: Uint8Array, network: NetworkLayer): ParsedUdp | undefined {
  const { l4Offset, l4Proto } = network;
  if (l4Proto !== IPPROTO_UDP || !beginsUpperLayer(network) || bytes.length < l4Offset + UDP_HLEN) return undefined;
  return {
    sourcePort: getU16(bytes, l4Offset + UDP_SOURCE),
    destinationPort: getU16(bytes, l4Offset + UDP_DEST),
    length: getU16(bytes, l4Offset + UDP_LEN),
    check: getU16(bytes, l4Offset + UDP_CHECK),
  };
}

function parseTcp(bytes: Uint8Array, network: NetworkLayer): ParsedTcp | undefined {
  const { l4Offset: at, l4Proto } = network;
  if (l4Proto !== tcp.IPPROTO_TCP || !beginsUpperLayer(network) || bytes.length < at + tcp.TCP_HLEN) return undefined;
  const headerLen = (bytes[at + tcp.TCP_DOFF]! >>> 4) * 4;
  if (headerLen < tcp.TCP_HLEN || bytes.length < at + headerLen) return undefined;
  return {
    sourcePort: getU16(bytes, at + tcp.TCP_SOURCE),
    destinationPort: getU16(bytes, at + tcp.TCP_DEST),
    seq: getU32(bytes, at + tcp.TCP_SEQ),
    ack: getU32(bytes, at + tcp.TCP_ACK_SEQ),
    headerLen,
    flags: bytes[at + tcp.TCP_FLAGS]!,
    window: getU16(bytes, at + tcp.TCP_WINDOW),
    check: getU16(bytes, at + tcp.TCP_CHECK),
  };
}

function parseSctp(bytes: Uint8Array, network: NetworkLayer): ParsedSctp | undefined {
  const { l4Offset: at, l4Proto } = network;
  if (l4Proto !== IPPROTO_SCTP || !beginsUpperLayer(network) || bytes.length < at + SCTP_HLEN) return undefined;
  return {
    sourcePort: getU16(bytes, at + SCTP_SOURCE),
    destinationPort: getU16(bytes, at + SCTP_DEST),
    verificationTag: getU32(bytes, at + SCTP_VTAG),
    check: getU32(bytes, at + SCTP_CHECKSUM),
  };
}

/** Whether the IPv4 header's checksum is right (RFC 791). True for a frame without an IPv4 header. */
export function ipv4HeaderChecksumOk(bytes: Uint8Array, parsed: ParsedFrame): boolean {
  return parsed.version !== 4 || csumFold(csumPartial(bytes, parsed.l3Offset, parsed.l3HeaderLen, 0)) === 0;
}

/** The pseudo-header sum for `len` upper-layer bytes, folded to 16 bits and not complemented: what a partial checksum holds. */
export function foldedPseudoSum(bytes: Uint8Array, parsed: ParsedFrame, len: number): number {
  return ~csumFold(pseudoSum(bytes, parsed, len)) & 0xffff;
}

function pseudoSum(bytes: Uint8Array, parsed: ParsedFrame, len: number): number {
  const sum = parsed.version === 4 ? pseudoSumV4 : pseudoSumV6;
  return sum(bytes, parsed.saddrOffset, parsed.daddrOffset, len, parsed.l4Proto, 0);
}

/**
 * What the UDP checksum field holds (RFC 768, RFC 8200 section 8.1): a right checksum of `udpLen` bytes, the
 * pseudo-header sum for them, nothing, or something else. `udpLen` is the UDP length field unless given.
 *
 * Where one value is both right and the pseudo-header sum, it is `ok`. A datagram that is not whole in the frame, or
 * whose header is not there, is `bad`, unless its field is 0 or partial.
 */
export function udpChecksumState(
  bytes: Uint8Array,
  parsed: ParsedFrame,
  udpLen = parsed.udp?.length ?? 0,
): "ok" | "partial" | "zero" | "bad" {
  if (parsed.udp === undefined) return "bad";
  if (parsed.udp.check === 0) return "zero";
  const whole = udpLen >= UDP_HLEN && parsed.l4Offset + udpLen <= bytes.length;
  const pseudo = pseudoSum(bytes, parsed, udpLen);
  if (whole && csumFold(csumPartial(bytes, parsed.l4Offset, udpLen, pseudo)) === 0) return "ok";
  return parsed.udp.check === foldedPseudoSum(bytes, parsed, udpLen) ? "partial" : "bad";
}

/**
 * How many bytes the IP header gives the transport, its header included. Where that is no possible number, as for
 * packets longer than the field can say, everything up to the frame's end.
 */
export function transportLength(bytes: Uint8Array, parsed: ParsedFrame): number {
  const toEnd = bytes.length - parsed.l4Offset;
  const fixed = parsed.version === 6 ? parsed.l3Offset + parsed.l3HeaderLen : parsed.l3Offset;
  const said = parsed.ipTotalLen - (parsed.l4Offset - fixed);
  return parsed.version !== 0 && said >= parsed.payloadOffset - parsed.l4Offset && said <= toEnd ? said : toEnd;
}

/**
 * What the TCP checksum field holds (RFC 9293 section 3.1): a right checksum of `length` bytes, the pseudo-header sum for
 * them, or something else. `length` is what the IP header says unless given. A value that is both is `ok`.
 */
export function tcpChecksumState(
  bytes: Uint8Array,
  parsed: ParsedFrame,
  length = transportLength(bytes, parsed),
): "ok" | "partial" | "bad" {
  if (parsed.tcp === undefined) return "bad";
  const whole = length >= parsed.tcp.headerLen && parsed.l4Offset + length <= bytes.length;
  const pseudo = pseudoSum(bytes, parsed, length);
  if (whole && csumFold(csumPartial(bytes, parsed.l4Offset, length, pseudo)) === 0) return "ok";
  return parsed.tcp.check === foldedPseudoSum(bytes, parsed, length) ? "partial" : "bad";
}

/** Whether the CRC32c of an SCTP packet is right (RFC 9260 appendix A), has been left out, or neither. */
export function sctpChecksumState(bytes: Uint8Array, parsed: ParsedFrame): "ok" | "zero" | "bad" {
  if (parsed.sctp === undefined) return "bad";
  const end = parsed.l4Offset + transportLength(bytes, parsed);
  const packet = bytes.slice(parsed.l4Offset, end).fill(0, SCTP_CHECKSUM, SCTP_HLEN);
  const crc = ~crc32c(packet, 0, packet.length, 0xffffffff) >>> 0;
  // The field has the low byte first.
  const inOrder = getU32(Uint8Array.of(crc, crc >>> 8, crc >>> 16, crc >>> 24), 0);
  if (inOrder === parsed.sctp.check) return "ok";
  return parsed.sctp.check === 0 ? "zero" : "bad";
}
