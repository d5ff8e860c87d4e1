/** The header bytes of a packet: of the aggregate, of each datagram as it was before, and of each member's own. */
import { csumFold, csumPartial, pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import { crc32c } from "../../bytes/crc32c.js";
import { putU16, putU32 } from "../../bytes/view.js";
import { ETH_HLEN, ETH_P_8021AD, ETH_P_8021Q, emitEthernet } from "../../wire/ethernet.js";
import { emitIpv4, IP_DF, IPV4_DADDR, IPV4_SADDR, ipv4NoopOptions } from "../../wire/ipv4.js";
import { emitIpv6, IPV6_DADDR, IPV6_HLEN, IPV6_SADDR } from "../../wire/ipv6.js";
import {
  emitIpv6Extension,
  emitIpv6Jumbo,
  HOP_JUMBO_HLEN,
  ipv6ExtensionLength,
  nexthdrOf,
} from "../../wire/ipv6Ext.js";
import { emitSctp, SCTP_CHECKSUM, SCTP_HLEN, sctpChecksumField } from "../../wire/sctp.js";
import { emitTcp, TCPHDR_ACK, TCPHDR_CWR, TCPHDR_FIN, TCPHDR_PSH, TCPHDR_URG, tcpNoopOptions } from "../../wire/tcp.js";
import { emitUdp, UDP_HLEN, UDP_LEN } from "../../wire/udp.js";
import { emitVlan, VLAN_HLEN } from "../../wire/vlan.js";
import { ADDRESSES, innerMacOf, PORTS, TUNNEL_MAC } from "./addresses.js";
import type { PacketPlan, Piece } from "./packetPlan.js";
import { arrivesOneByOne, isFraglist } from "./possible.js";
import { emitTunnels, etherTypeAt, type OuterChecksums } from "./tunnelHeaders.js";

/** What the innermost headers say of one packet. */
interface Packet {
  /** Its stretch of the payload. */
  readonly at: number;
  readonly length: number;
  /** Datagrams of its flow in front of it: IPv4 identifications count up. */
  readonly index: number;
  /** Payload bytes of its flow in front of it: TCP sequence numbers count up. */
  readonly before: number;
  /** TCP flags besides ACK. */
  readonly flags: number;
  /** With the addresses and ports that a middlebox gave to the first header. */
  readonly rewritten: boolean;
}

const ACK_SEQ = 7;
const VTAG = 0x5eed_0001;

/** Where in a buffer the innermost headers stand, and whether a jumbo header is among them. */
interface Place {
  readonly out: Uint8Array;
  readonly network: number;
  readonly transport: number;
  readonly jumboLen: number;
}

/** The headers of the aggregate: those of the first datagram, with lengths that span everything. */
export function aggregateHeaders(plan: PacketPlan): Uint8Array {
  const { recipe, networkOffset, transportOffset, jumboLen } = plan;
  const out = new Uint8Array(plan.headerLen);
  const place = { out, network: networkOffset, transport: transportOffset, jumboLen };
  const total = plan.payload.length;
  emitOuterLink(plan, out);
  const whole = { at: 0, length: total, index: 0, before: 0, flags: recipe.tcp.flags, rewritten: true };
  if (isFraglist(recipe)) {
    // GRO rewrites the lengths and leaves the rest of the first datagram's transport header, the checksum too.
    emitPacket(plan, place, { ...whole, length: (plan.pieces[0] as Piece).payload });
    emitNetwork(plan, place, whole);
    if (plan.transport.name === "udp") putU16(out, transportOffset + UDP_LEN, (UDP_HLEN + total) & 0xffff);
  } else {
    emitPacket(plan, place, whole);
  }
  enclose(plan, out, whole, plan.gsoSize > 0);
  return out;
}

/** The headers that a member of the aggregate has of its own: no tunnel's, and behind a plain link header inside one. */
export function memberHeaders(plan: PacketPlan, piece: Piece): Uint8Array {
  const isInTunnel = plan.tunnels.length > 0;
  const network = isInTunnel ? ETH_HLEN : plan.macLen;
  const transport = network + plan.transportOffset - plan.jumboLen - plan.networkOffset;
  const out = new Uint8Array(transport + plan.transportLen);
  if (isInTunnel) emitEthernet(out, 0, { ...innerMacOf(plan.recipe), proto: etherTypeAt(plan, plan.tunnels.length) });
  else emitOuterLink(plan, out);
  emitPacket(plan, { out, network, transport, jumboLen: 0 }, ownPacket(plan, piece));
  return out;
}

/**
 * The frame of one datagram as it was before aggregation, and as it would have gone through the tunnels alone: PSH and FIN
 * stand in the last one of its flow only, CWR in the first one only. Flows differ in their counting alone.
 */
export function originalFrame(plan: PacketPlan, piece: Piece): Uint8Array {
  const headerLen = plan.headerLen - plan.jumboLen;
  const frame = new Uint8Array(headerLen + piece.payload);
  const out = frame.subarray(0, headerLen);
  const { networkOffset: network } = plan;
  const packet = ownPacket(plan, piece);
  emitOuterLink(plan, out);
  emitPacket(plan, { out, network, transport: plan.transportOffset - plan.jumboLen, jumboLen: 0 }, packet);
  enclose(plan, out, packet, false);
  frame.set(plan.payload.subarray(piece.at, piece.at + piece.payload), headerLen);
  return frame;
}

/** Writes the headers of all tunnels of such a frame anew, after its innermost headers were changed. */
export function encloseAgain(plan: PacketPlan, piece: Piece, frame: Uint8Array): void {
  enclose(plan, frame.subarray(0, frame.length - piece.payload), ownPacket(plan, piece), false);
}

/** For a list: each datagram's own frame. Other aggregates were made of nothing that still shows. */
export const originalsOf = (plan: PacketPlan): Uint8Array[] =>
  isFraglist(plan.recipe) ? plan.pieces.map((piece) => originalFrame(plan, piece)) : [];

function ownPacket(plan: PacketPlan, piece: Piece): Packet {
  let { flags } = plan.recipe.tcp;
  if (piece.flowIndex > 0) flags &= ~TCPHDR_CWR;
  if (!piece.isLast) flags &= ~(TCPHDR_PSH | TCPHDR_FIN);
  const { at, payload: length, flowIndex: index, flowAt: before } = piece;
  return { at, length, index, before, flags, rewritten: false };
}

function enclose(plan: PacketPlan, out: Uint8Array, { at, length, index }: Packet, isUncut: boolean): void {
  if (plan.tunnels.length === 0) return;
  const isLeft = plan.recipe.checksum === "partial" && plan.transport.name !== "sctp" && !plan.remcsum;
  const checksums: OuterChecksums = isUncut ? "uncut" : isLeft ? "for-completed" : "as-is";
  emitTunnels({ plan, out, at, length, index, checksums });
}

function emitOuterLink(plan: PacketPlan, out: Uint8Array): void {
  const { recipe } = plan;
  const tpids = recipe.vlan.map((tag) => (tag.tpid === "802.1Q" ? ETH_P_8021Q : ETH_P_8021AD));
  const network = etherTypeAt(plan, 0);
  const { dest, source } = plan.tunnels.length > 0 ? TUNNEL_MAC : innerMacOf(recipe);
  emitEthernet(out, 0, { dest, source, proto: tpids[0] ?? network });
  recipe.vlan.forEach((tag, i) => {
    emitVlan(out, ETH_HLEN + i * VLAN_HLEN, tag.tci, tpids[i + 1] ?? network);
  });
}

/** IP and transport header. */
function emitPacket(plan: PacketPlan, place: Place, packet: Packet): void {
  emitNetwork(plan, place, packet);
  const { out, transport: at } = place;
  const { recipe } = plan;
  const source = isRewritten(plan, packet, "source") ? PORTS.otherSource : PORTS.source;
  const dest = isRewritten(plan, packet, "destination") ? PORTS.otherDestination : PORTS.destination;
  switch (plan.transport.name) {
    case "udp":
      emitUdp(out, at, { source, dest, len: UDP_HLEN + packet.length, check: 0 });
      if (recipe.zeroChecksum) return;
      break;
    case "tcp": {
      const { seq, window, optionWords } = recipe.tcp;
      const flags = packet.flags | TCPHDR_ACK;
      emitTcp(out, at, {
        source,
        dest,
        seq: (seq + packet.before) >>> 0,
        ackSeq: ACK_SEQ,
        flags,
        window,
        check: 0,
        urgPtr: flags & TCPHDR_URG ? 1 : 0,
        options: tcpNoopOptions(optionWords),
      });
      break;
    }
    case "sctp":
      emitSctp(out, at, { source, dest, vtag: VTAG });
      if (recipe.checksum === "partial") return;
      putU32(out, at + SCTP_CHECKSUM, crcOf(plan, place, packet));
      return;
  }
  putU16(out, at + plan.transport.checkOffset, checksumField(plan, place, packet));
}

const isRewritten = (plan: PacketPlan, { rewritten }: Packet, end: "source" | "destination"): boolean =>
  rewritten && (plan.recipe.rewritten === end || plan.recipe.rewritten === "both");

function emitNetwork(plan: PacketPlan, place: Place, packet: Packet): void {
  const { recipe, isIpv6 } = plan;
  const { out, network } = place;
  const addresses = ADDRESSES[recipe.family];
  const saddr = isRewritten(plan, packet, "source") ? addresses.otherSource : addresses.source;
  const own = addresses[recipe.cast === "multicast" ? "group" : "host"];
  const daddr = isRewritten(plan, packet, "destination") ? addresses.otherDestination : own;
  const len = place.transport - network + plan.transportLen + packet.length;
  if (isIpv6) {
    const nexthdr = emitExtensions(plan, place, len - IPV6_HLEN);
    emitIpv6(out, network, {
      trafficClass: recipe.trafficClass,
      flowLabel: 0,
      payloadLen: place.jumboLen > 0 ? 0 : len - IPV6_HLEN,
      nexthdr,
      hopLimit: recipe.hopLimit,
      saddr,
      daddr,
    });
    return;
  }
  emitIpv4(out, network, {
    tos: recipe.trafficClass,
    totLen: isTooLongForIpv4(plan, len) ? 0 : len,
    id: (recipe.ipId + (plan.fixedId ? 0 : packet.index)) & 0xffff,
    fragOff: recipe.dontFragment ? IP_DF : 0,
    ttl: recipe.hopLimit,
    protocol: plan.transport.proto,
    saddr,
    daddr,
    options: ipv4NoopOptions(recipe.optionWords),
  });
}

/** BIG TCP. What others cannot say in sixteen bits is cut off. @kernel iph_set_totlen include/net/ip.h */
const isTooLongForIpv4 = (plan: PacketPlan, len: number): boolean => plan.transport.name === "tcp" && len > 0xffff;

/** The extension headers, last one first. Returns the number by which the IPv6 header announces what follows it. */
function emitExtensions(plan: PacketPlan, { out, transport, jumboLen }: Place, payloadLen: number): number {
  let nexthdr = plan.transport.proto;
  if (jumboLen > 0) return emitIpv6Jumbo(out, transport - HOP_JUMBO_HLEN, payloadLen, nexthdr);
  const { extensions } = plan.recipe;
  let end = transport;
  for (let i = extensions.length - 1; i >= 0; i--) {
    const { kind, units } = extensions[i] as (typeof extensions)[number];
    const start = end - ipv6ExtensionLength(kind, units);
    emitIpv6Extension(out, start, kind, units, nexthdr);
    nexthdr = nexthdrOf(kind);
    end = start;
  }
  return nexthdr;
}

/** What stands in the field of UDP or TCP, given what the recipe says of the packet's checksum state. */
function checksumField(plan: PacketPlan, { out, network, transport }: Place, { at, length }: Packet): number {
  const { recipe } = plan;
  const len = plan.transportLen + length;
  const protocol = plan.transport.proto;
  const pseudo = plan.isIpv6
    ? pseudoSumV6(out, network + IPV6_SADDR, network + IPV6_DADDR, len, protocol, 0)
    : pseudoSumV4(out, network + IPV4_SADDR, network + IPV4_DADDR, len, protocol, 0);
  const isPseudo = recipe.checksum === "partial" || (recipe.gso === "udp-l4" && !arrivesOneByOne(recipe));
  if (isPseudo) return ~csumFold(pseudo) & 0xffff;
  const sum = csumPartial(plan.payload, at, length, csumPartial(out, transport, plan.transportLen, pseudo));
  return csumFold(sum) || (plan.transport.name === "udp" ? 0xffff : 0);
}

function crcOf(plan: PacketPlan, { out, transport }: Place, { at, length }: Packet): number {
  return sctpChecksumField(crc32c(plan.payload, at, length, crc32c(out, transport, SCTP_HLEN, 0xffff_ffff)));
}
