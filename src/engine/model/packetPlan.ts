/**
 * From the recipe of a packet to numbers: how the payload is divided, where every header stands, and how it is cut.
 * What does not fit together was changed before (possible.ts); sizes are clamped here.
 */
import { GSO_BY_FRAGS } from "../../abi/features.js";
import { fillPattern } from "../../bytes/pattern.js";
import type { MemberRecipe, PacketRecipe } from "../../recipe/Recipe.js";
import { ETH_HLEN } from "../../wire/ethernet.js";
import { IPV4_HLEN } from "../../wire/ipv4.js";
import { IPV6_HLEN } from "../../wire/ipv6.js";
import { HOP_JUMBO_HLEN, ipv6ExtensionLength } from "../../wire/ipv6Ext.js";
import { IPPROTO_SCTP, SCTP_CHECKSUM, SCTP_HLEN } from "../../wire/sctp.js";
import { IPPROTO_TCP, TCP_CHECK, TCP_HLEN } from "../../wire/tcp.js";
import { IPPROTO_UDP, UDP_CHECK, UDP_HLEN } from "../../wire/udp.js";
import { VLAN_HLEN } from "../../wire/vlan.js";
import { arrivesOneByOne, isClassic, isFraglist, possiblePacket } from "./possible.js";
import { growsBig, gsoSegsOf, gsoSizeOf, payloadLengths, payloadLimit, unitOf } from "./sizes.js";
import { planTunnels, remcsumFits, type TunnelPlan } from "./tunnelHeaders.js";

/** One sk_buff of the aggregate, or one datagram that arrives by itself: its share of the payload, linear first. */
export interface Piece {
  readonly payload: number;
  readonly linear: number;
  /** Lengths of the page fragments behind. */
  readonly frags: readonly number[];
  /** Position of its first payload byte in the whole payload. */
  readonly at: number;
  /** Which flow it belongs to; 0 but for datagrams that arrive one by one. */
  readonly flow: number;
  /** Payload bytes and pieces of the same flow in front of it. */
  readonly flowAt: number;
  readonly flowIndex: number;
  /** No piece of the same flow follows. */
  readonly isLast: boolean;
}

/** Lengths and offsets are in bytes; offsets count from the link header of the whole packet. */
export interface PacketPlan {
  /** The recipe as it is built. */
  readonly recipe: PacketRecipe;
  readonly isIpv6: boolean;
  readonly transport: Transport;
  readonly pieces: readonly Piece[];
  readonly payload: Uint8Array;
  /** 0: not a GSO packet. */
  readonly gsoSize: number;
  readonly gsoSegs: number;
  /** SKB_GSO_TCP_FIXEDID: all segments have one IPv4 identification. */
  readonly fixedId: boolean;
  /** Link header with tags: where the outermost network header (or label, or service header) stands. */
  readonly macLen: number;
  /** Outermost first. */
  readonly tunnels: readonly TunnelPlan[];
  /** The VXLAN receiver is asked to complete the inner checksum. */
  readonly remcsum: boolean;
  /** Offset of the innermost IP header. */
  readonly networkOffset: number;
  /** HOP_JUMBO_HLEN when the aggregate's IPv6 header is followed by a jumbo header; the datagrams' own never is. */
  readonly jumboLen: number;
  /** Offset of the innermost transport header. */
  readonly transportOffset: number;
  readonly transportLen: number;
  /** Everything in front of the payload. */
  readonly headerLen: number;
}

/** A transport protocol. */
export interface Transport {
  readonly name: "udp" | "tcp" | "sctp";
  readonly proto: number;
  /** Where its header has the checksum. */
  readonly checkOffset: number;
}

const UDP: Transport = { name: "udp", proto: IPPROTO_UDP, checkOffset: UDP_CHECK };
const TCP: Transport = { name: "tcp", proto: IPPROTO_TCP, checkOffset: TCP_CHECK };
const SCTP: Transport = { name: "sctp", proto: IPPROTO_SCTP, checkOffset: SCTP_CHECKSUM };

/** @param entersTunnel a holder sends it into a tunnel device */
export function planPacket(drawn: PacketRecipe, entersTunnel = false): PacketPlan {
  const recipe = possiblePacket(drawn, entersTunnel);
  const isIpv6 = recipe.family === "ipv6";
  const transport = transportOf(recipe.gso);
  const macLen = ETH_HLEN + recipe.vlan.length * VLAN_HLEN;
  const tunnels = planTunnels(recipe.tunnels, macLen);
  const networkOffset = tunnels.at(-1)?.inner ?? macLen;
  const ipLen = isIpv6
    ? IPV6_HLEN + recipe.extensions.reduce((sum, one) => sum + ipv6ExtensionLength(one.kind, one.units), 0)
    : IPV4_HLEN + recipe.optionWords * 4;
  const transportLen = transportLength(recipe, transport);

  const ownHeaderLen = networkOffset + ipLen + transportLen;
  const isBig = growsBig(recipe, ownHeaderLen);
  const lengths = payloadLengths(recipe, payloadLimit(recipe, ownHeaderLen, isBig));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const gsoSize = gsoSizeOf(recipe, lengths, total);
  const jumboLen = isBig && isIpv6 && transportLen + total > 0xffff ? HOP_JUMBO_HLEN : 0;
  const transportOffset = networkOffset + ipLen + jumboLen;

  const payload = new Uint8Array(total);
  fillPattern(payload, 0, total, recipe.seed, 0);
  return {
    recipe,
    isIpv6,
    transport,
    pieces: piecesOf(recipe, lengths, gsoSize),
    payload,
    gsoSize,
    gsoSegs: gsoSegsOf(recipe, lengths.length, total, gsoSize),
    fixedId: gsoSize > 0 && !isIpv6 && hasFixedId(recipe),
    macLen,
    tunnels,
    remcsum: gsoSize > 0 && mayLeaveChecksum(recipe) && remcsumFits(recipe.tunnels, tunnels, transportOffset),
    networkOffset,
    jumboLen,
    transportOffset,
    transportLen,
    headerLen: transportOffset + transportLen,
  };
}

function transportOf(gso: PacketRecipe["gso"]): Transport {
  if (gso === "tcp" || gso === "tcp-fraglist") return TCP;
  return gso === "sctp" ? SCTP : UDP;
}

function transportLength(recipe: PacketRecipe, transport: Transport): number {
  if (transport === UDP) return UDP_HLEN;
  return transport === TCP ? TCP_HLEN + recipe.tcp.optionWords * 4 : SCTP_HLEN;
}

/** Whether somebody else may be asked for the inner checksum: an Internet checksum that is not there yet. */
const mayLeaveChecksum = ({ checksum, gso }: PacketRecipe): boolean => checksum === "partial" && gso !== "sctp";

/** GRO takes identifications that repeat, with DF, for a flow that has but one. Local senders count. */
const hasFixedId = (recipe: PacketRecipe): boolean =>
  recipe.gso === "tcp" && recipe.arrival === "stack" && recipe.dontFragment && recipe.members[0]?.odd === "id-repeats";

function piecesOf(recipe: PacketRecipe, lengths: readonly number[], gsoSize: number): Piece[] {
  const mostLinear = isClassic(recipe) && !recipe.strides ? unitOf(recipe) : Number.POSITIVE_INFINITY;
  let at = 0;
  const pieces = lengths.map((payload, i) => {
    const layout = i === 0 ? recipe.head : (recipe.members[i - 1] as MemberRecipe);
    const { linear, frags } = divide(layout, payload, mostLinear, gsoSize);
    const piece = { payload, linear, frags, at, flow: 0, flowAt: at, flowIndex: i, isLast: i === lengths.length - 1 };
    at += payload;
    return piece;
  });
  return arrivesOneByOne(recipe) ? inFlows(recipe, pieces) : pieces;
}

function inFlows(recipe: PacketRecipe, pieces: readonly Piece[]): Piece[] {
  const flows = pieces.map((_, i) => recipe.members[i - 1]?.flow ?? 0);
  const sent = new Map<number, { readonly at: number; readonly count: number }>();
  return pieces.map((piece, i) => {
    const flow = flows[i] as number;
    const { at, count } = sent.get(flow) ?? { at: 0, count: 0 };
    sent.set(flow, { at: at + piece.payload, count: count + 1 });
    return { ...piece, flow, flowAt: at, flowIndex: count, isLast: flows.lastIndexOf(flow) === i };
  });
}

function divide(
  layout: Pick<MemberRecipe, "paged" | "frags" | "split">,
  payload: number,
  mostLinear: number,
  gsoSize: number,
): Pick<Piece, "linear" | "frags"> {
  const linear = Math.min(Math.max(0, payload - layout.paged), mostLinear);
  const paged = payload - linear;
  const count = Math.min(layout.frags, paged);
  const frags: number[] = [];
  if (layout.split === "by-segment" && gsoSize > 0) {
    for (let left = paged; left > 0; left -= frags.at(-1) as number) {
      frags.push(frags.length === count - 1 ? left : Math.min(left, gsoSize));
    }
    return { linear, frags };
  }
  for (let i = 0; i < count; i++) {
    frags.push(Math.floor((paged * (i + 1)) / count) - Math.floor((paged * i) / count));
  }
  return { linear, frags };
}

/**
 * The datagrams that should come out: one for each piece of a list or of a batch, one for each member of SCTP; otherwise
 * the payload cut at gso_size.
 */
export function datagramsOf(plan: PacketPlan): Uint8Array[] {
  const { payload, gsoSize, recipe } = plan;
  const ofPiece = (piece: Piece): Uint8Array => payload.subarray(piece.at, piece.at + piece.payload);
  if (isFraglist(recipe) || arrivesOneByOne(recipe)) return plan.pieces.map(ofPiece);
  if (gsoSize === GSO_BY_FRAGS) return plan.pieces.slice(1).map(ofPiece);
  if ((recipe.gso !== "udp-l4" && recipe.gso !== "tcp") || gsoSize === 0 || payload.length <= gsoSize) return [payload];
  const out: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += gsoSize) out.push(payload.subarray(at, at + gsoSize));
  return out;
}
