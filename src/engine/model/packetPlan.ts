/**
 * From the recipe of a packet to numbers and header bytes: how the payload is divided, and what each datagram's frame
 * looked like before aggregation. Fields that do not fit are clamped here, so that every recipe builds.
 */
import { csumFold, csumPartial, pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import { fillPattern } from "../../bytes/pattern.js";
import { putU16 } from "../../bytes/view.js";
import type { MemberRecipe, PacketRecipe } from "../../recipe/Recipe.js";
import { ETH_HLEN, ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6, emitEthernet } from "../../wire/ethernet.js";
import { emitIpv4, IP_DF, IPV4_DADDR, IPV4_HLEN, IPV4_SADDR, ipv4NoopOptions } from "../../wire/ipv4.js";
import { emitIpv6, IPV6_DADDR, IPV6_HLEN, IPV6_SADDR } from "../../wire/ipv6.js";
import { emitIpv6Extension, ipv6ExtensionLength, nexthdrOf } from "../../wire/ipv6Ext.js";
import { emitUdp, IPPROTO_UDP, UDP_CHECK, UDP_HLEN, UDP_LEN } from "../../wire/udp.js";
import { emitVlan, VLAN_HLEN } from "../../wire/vlan.js";
import { ADDRESSES, PORTS } from "./addresses.js";

/** No aggregate may grow beyond what GRO allows; no packet beyond what a tap takes. */
const LIST_LIMIT = 65_535;
const PACKET_LIMIT = 75_000;

/** One sk_buff of the aggregate: its share of the payload, linear first. */
export interface Piece {
  readonly payload: number;
  readonly linear: number;
  /** Lengths of the page fragments behind. */
  readonly frags: readonly number[];
  /** Position of its first payload byte in the whole payload. */
  readonly at: number;
}

export interface PacketPlan {
  readonly recipe: PacketRecipe;
  readonly isIpv6: boolean;
  readonly pieces: readonly Piece[];
  readonly payload: Uint8Array;
  readonly gsoSize: number;
  readonly gsoSegs: number;
  /** Link header with tags; offset of the IP header. */
  readonly macLen: number;
  /** Offset of the UDP header from the link header. */
  readonly transportOffset: number;
  /** Link, IP and UDP header together. */
  readonly headerLen: number;
}

export function planPacket(drawn: PacketRecipe): PacketPlan {
  const recipe = possible(drawn);
  const isIpv6 = recipe.family === "ipv6";
  const macLen = ETH_HLEN + recipe.vlan.length * VLAN_HLEN;
  const ipLen = isIpv6
    ? IPV6_HLEN + recipe.extensions.reduce((sum, one) => sum + ipv6ExtensionLength(one.kind, one.units), 0)
    : IPV4_HLEN + recipe.optionWords * 4;
  const transportOffset = macLen + ipLen;
  const headerLen = transportOffset + UDP_HLEN;
  const isList = recipe.gso === "fraglist";

  const lengths = payloadLengths(recipe, isList || isClassic(recipe) ? LIST_LIMIT - headerLen : PACKET_LIMIT);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const gsoSize = Math.max(gsoSizeOf(recipe, lengths[0] as number), leastGsoSize(recipe, total));
  const mostLinear = isClassic(recipe) ? unitOf(recipe) : Number.POSITIVE_INFINITY;
  let at = 0;
  const pieces = lengths.map((payload, i) => {
    const piece = layOut(i === 0 ? recipe.head : (recipe.members[i - 1] as MemberRecipe), payload, at, mostLinear);
    at += payload;
    return piece;
  });
  const payload = new Uint8Array(total);
  fillPattern(payload, 0, total, recipe.seed, 0);
  return {
    recipe,
    isIpv6,
    pieces,
    payload,
    gsoSize,
    gsoSegs: gsoSegsOf(recipe, pieces.length, total, gsoSize),
    macLen,
    transportOffset,
    headerLen,
  };
}

/**
 * What can occur: a tap knows no lists, nobody makes a frag_list for a datagram that is to be cut into IP fragments,
 * only a packet from outside has its checksum start elsewhere than at the UDP header, and no hardware summed up what was
 * looped back.
 */
function possible(recipe: PacketRecipe): PacketRecipe {
  const arrival = recipe.gso === "fraglist" ? "stack" : recipe.arrival;
  return {
    ...recipe,
    arrival,
    members: recipe.gso === "ufo" ? [] : recipe.members,
    checksum: recipe.cast === "loopback" && recipe.checksum === "complete" ? "unnecessary" : recipe.checksum,
    checksumStart: recipe.dodgy || arrival === "tap" ? recipe.checksumStart : 0,
  };
}

/** Whether members are what classic GRO chains: pieces of a byte stream, each a whole number of segments but the last. */
const isClassic = (recipe: PacketRecipe): boolean => recipe.gso === "udp-l4" && recipe.members.length > 0;

/** The segment size that classic pieces were received with: gso_size, unless that was changed since. */
function unitOf(recipe: PacketRecipe): number {
  const first = Math.min(MOST_GSO_SIZE, Math.max(1, recipe.head.payload));
  return recipe.dodgy || recipe.gsoSize === 0 ? first : Math.min(MOST_GSO_SIZE, recipe.gsoSize);
}

/**
 * No more segments than GRO puts into one packet (UDP_GRO_CNT_MAX). Taps allow twice as many and UFO any number; there
 * the limit is ours, so that no case is a thousand times as long as another.
 */
const leastGsoSize = (recipe: PacketRecipe, total: number): number =>
  recipe.gso === "none" || (recipe.members.length > 0 && !recipe.dodgy) ? 0 : Math.ceil(total / MOST_SEGMENTS);
const MOST_SEGMENTS = 64;

/** One below GSO_BY_FRAGS, which UDP never has. */
const MOST_GSO_SIZE = 0xfffe;

/** A list's gso_size is the first datagram's payload, unless the geometry was changed and marked so. */
function gsoSizeOf(recipe: PacketRecipe, first: number): number {
  if (recipe.gso === "none") return 0;
  if (recipe.gso === "fraglist" && !recipe.dodgy) return Math.max(1, first);
  if (isClassic(recipe) && !recipe.dodgy) return unitOf(recipe);
  return Math.max(1, Math.min(MOST_GSO_SIZE, recipe.gsoSize === 0 ? first : recipe.gsoSize));
}

function gsoSegsOf(recipe: PacketRecipe, pieces: number, total: number, gsoSize: number): number {
  switch (recipe.gso) {
    case "fraglist":
      return pieces;
    case "udp-l4":
      return recipe.dodgy ? 0 : Math.min(0xffff, Math.ceil(total / gsoSize));
    default:
      return 0;
  }
}

function payloadLengths(recipe: PacketRecipe, limit: number): number[] {
  const isList = recipe.gso === "fraglist";
  const least = isList ? 1 : 0;
  const first = Math.min(limit, Math.max(least, recipe.head.payload));
  const unit = isClassic(recipe) ? unitOf(recipe) : 0;
  if (unit > 0) limit = Math.min(limit, unit * MOST_SEGMENTS);
  const head = unit > 0 ? Math.max(unit, Math.ceil(first / unit) * unit) : first;
  const lengths = [Math.min(head, limit)];
  let left = limit - (lengths[0] as number);
  recipe.members.forEach((member, i) => {
    const last = i === recipe.members.length - 1;
    let length = Math.max(1, member.payload);
    if (isList && recipe.evenMembers) length = last ? Math.min(length, first) : first;
    if (unit > 0 && !last) length = Math.ceil(length / unit) * unit;
    if (length > left) return;
    lengths.push(length);
    left -= length;
  });
  return lengths;
}

function layOut(
  layout: { readonly paged: number; readonly frags: number },
  payload: number,
  at: number,
  mostLinear: number,
): Piece {
  const linear = Math.min(Math.max(0, payload - layout.paged), mostLinear);
  const paged = payload - linear;
  const count = Math.min(layout.frags, paged);
  const frags: number[] = [];
  for (let i = 0; i < count; i++) {
    frags.push(Math.floor((paged * (i + 1)) / count) - Math.floor((paged * i) / count));
  }
  return { payload, linear, frags, at };
}

/**
 * The headers of one datagram, from the link header on.
 *
 * @param at position of the datagram's payload, `length` its length
 * @param index how many datagrams came before it: IPv4 identifications count up
 */
export function headersOf(plan: PacketPlan, at: number, length: number, index: number, rewritten = false): Uint8Array {
  const { recipe, isIpv6, macLen, transportOffset, headerLen } = plan;
  const out = new Uint8Array(headerLen);
  const source = rewritten && (recipe.rewritten === "source" || recipe.rewritten === "both");
  const destination = rewritten && (recipe.rewritten === "destination" || recipe.rewritten === "both");
  const addresses = ADDRESSES[recipe.family];
  const saddr = source ? addresses.otherSource : addresses.source;
  const daddr = destination ? addresses.otherDestination : addresses[recipe.cast === "multicast" ? "group" : "host"];
  emitLink(plan, out);

  const udpLen = UDP_HLEN + length;
  if (isIpv6) {
    let nexthdr = IPPROTO_UDP;
    const kinds = recipe.extensions;
    let end = transportOffset;
    for (const extension of [...kinds].reverse()) {
      const start = end - ipv6ExtensionLength(extension.kind, extension.units);
      emitIpv6Extension(out, start, extension.kind, extension.units, nexthdr);
      nexthdr = nexthdrOf(extension.kind);
      end = start;
    }
    emitIpv6(out, macLen, {
      trafficClass: recipe.trafficClass,
      flowLabel: 0,
      payloadLen: transportOffset - macLen - IPV6_HLEN + udpLen,
      nexthdr,
      hopLimit: recipe.hopLimit,
      saddr,
      daddr,
    });
  } else {
    emitIpv4(out, macLen, {
      tos: recipe.trafficClass,
      totLen: transportOffset - macLen + udpLen,
      id: (recipe.ipId + index) & 0xffff,
      fragOff: recipe.dontFragment ? IP_DF : 0,
      ttl: recipe.hopLimit,
      protocol: IPPROTO_UDP,
      saddr,
      daddr,
      options: ipv4NoopOptions(recipe.optionWords),
    });
  }
  emitUdp(out, transportOffset, {
    source: source ? PORTS.otherSource : PORTS.source,
    dest: destination ? PORTS.otherDestination : PORTS.destination,
    len: udpLen,
    check: 0,
  });
  putU16(out, transportOffset + UDP_CHECK, checksumField(plan, out, at, length));
  return out;
}

function emitLink(plan: PacketPlan, out: Uint8Array): void {
  const { recipe, isIpv6 } = plan;
  const tpids = recipe.vlan.map((tag) => (tag.tpid === "802.1Q" ? ETH_P_8021Q : ETH_P_8021AD));
  const network = isIpv6 ? ETH_P_IPV6 : ETH_P_IP;
  emitEthernet(out, 0, {
    dest: ADDRESSES[recipe.family].mac[recipe.cast === "multicast" ? "group" : "host"],
    source: ADDRESSES[recipe.family].mac.source,
    proto: tpids[0] ?? network,
  });
  recipe.vlan.forEach((tag, i) => {
    emitVlan(out, ETH_HLEN + i * VLAN_HLEN, tag.tci, tpids[i + 1] ?? network);
  });
}

/** What stands in the UDP checksum field, given what the recipe says of the packet's checksum state. */
function checksumField(plan: PacketPlan, headers: Uint8Array, at: number, length: number): number {
  const { recipe } = plan;
  if (recipe.zeroChecksum) return 0;
  const udpLen = UDP_HLEN + length;
  const ip = plan.macLen;
  const pseudo = plan.isIpv6
    ? pseudoSumV6(headers, ip + IPV6_SADDR, ip + IPV6_DADDR, udpLen, IPPROTO_UDP, 0)
    : pseudoSumV4(headers, ip + IPV4_SADDR, ip + IPV4_DADDR, udpLen, IPPROTO_UDP, 0);
  const isPseudo = recipe.checksum === "partial" || recipe.gso === "udp-l4";
  if (isPseudo) return ~csumFold(pseudo) & 0xffff;
  let sum = csumPartial(headers, plan.transportOffset, UDP_HLEN, pseudo);
  sum = csumPartial(plan.payload, at, length, sum);
  return csumFold(sum) || 0xffff;
}

/** The frame of one datagram as it was before aggregation. */
export function originalFrame(plan: PacketPlan, piece: Piece, index: number): Uint8Array {
  const headers = headersOf(plan, piece.at, piece.payload, index);
  const frame = new Uint8Array(headers.length + piece.payload);
  frame.set(headers);
  frame.set(plan.payload.subarray(piece.at, piece.at + piece.payload), headers.length);
  return frame;
}

/** The headers of the aggregate: those of the first datagram, with lengths that span everything. */
export function aggregateHeaders(plan: PacketPlan): Uint8Array {
  const first = plan.pieces[0] as Piece;
  const total = plan.payload.length;
  if (plan.recipe.gso !== "fraglist") return headersOf(plan, 0, total, 0, true);
  const own = headersOf(plan, first.at, first.payload, 0, true);
  const whole = headersOf(plan, 0, total, 0, true);
  // GRO rewrites the lengths and leaves the checksum of the first datagram.
  whole[plan.transportOffset + UDP_CHECK] = own[plan.transportOffset + UDP_CHECK] as number;
  whole[plan.transportOffset + UDP_CHECK + 1] = own[plan.transportOffset + UDP_CHECK + 1] as number;
  putU16(whole, plan.transportOffset + UDP_LEN, (UDP_HLEN + total) & 0xffff);
  return whole;
}

/** The datagrams that should come out: one for each piece of a list; otherwise the payload cut at gso_size. */
export function datagramsOf(plan: PacketPlan): Uint8Array[] {
  const { payload, gsoSize, recipe } = plan;
  if (recipe.gso === "fraglist") {
    return plan.pieces.map((piece) => payload.subarray(piece.at, piece.at + piece.payload));
  }
  if (recipe.gso !== "udp-l4" || payload.length <= gsoSize) return [payload];
  const out: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += gsoSize) out.push(payload.subarray(at, at + gsoSize));
  return out;
}
