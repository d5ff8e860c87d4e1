/** Sizes of a packet: how long each sk_buff's share of the payload is, and where the whole will be cut. */
import { GSO_BY_FRAGS } from "../../abi/features.js";
import type { PacketRecipe } from "../../recipe/Recipe.js";
import { HOP_JUMBO_HLEN } from "../../wire/ipv6Ext.js";
import { arrivesOneByOne, isClassic, isFraglist } from "./possible.js";

/** No aggregate may grow beyond what GRO allows; no packet beyond what a tap takes. */
const LIST_LIMIT = 65_535;
const PACKET_LIMIT = 75_000;
/** Below gro_max_size and gro_ipv4_max_size of devices for BIG TCP. */
const BIG_LIMIT = 184_999;
/** Of all datagrams together that arrive one by one; a limit of ours. */
const BATCH_LIMIT = 200_000;

/** Whether it is BIG TCP: no tags in the frame, no tunnels, and no other header where the jumbo header has to go. */
export const growsBig = (recipe: PacketRecipe, headerLen: number): boolean =>
  recipe.gso === "tcp" &&
  recipe.arrival === "stack" &&
  recipe.head.payload > LIST_LIMIT - headerLen &&
  recipe.tunnels.length === 0 &&
  recipe.vlan.length === 0 &&
  (recipe.family === "ipv4" || recipe.extensions.length === 0);

export function payloadLimit(recipe: PacketRecipe, headerLen: number, isBig: boolean): number {
  if (isBig) return BIG_LIMIT - headerLen - HOP_JUMBO_HLEN;
  const isTcpOrSctp = recipe.gso === "tcp" || recipe.gso === "tcp-fraglist" || recipe.gso === "sctp";
  const isPlain = !isTcpOrSctp && recipe.tunnels.length === 0 && !arrivesOneByOne(recipe);
  return isPlain && !isFraglist(recipe) && !isClassic(recipe) ? PACKET_LIMIT : LIST_LIMIT - headerLen;
}

/** The segment size that classic pieces were received with: gso_size, unless that was changed since. */
export function unitOf(recipe: PacketRecipe): number {
  const first = Math.min(MOST_GSO_SIZE, Math.max(1, recipe.head.payload));
  return recipe.dodgy || recipe.gsoSize === 0 ? first : Math.min(MOST_GSO_SIZE, recipe.gsoSize);
}

/**
 * No more segments than GRO puts into one UDP packet (UDP_GRO_CNT_MAX). Taps allow twice as many, TCP and UFO any number;
 * there the limit is ours, so that no case is a thousand times as long as another.
 */
const MOST_SEGMENTS = 64;

/** One below GSO_BY_FRAGS, which only SCTP has. */
const MOST_GSO_SIZE = 0xfffe;

/** Kernels differ below this for TCP from a tap: some raise it. @kernel TCP_MIN_GSO_SIZE */
const TCP_MIN_GSO_SIZE = 8;

/**
 * gso_size. A list's is the first datagram's payload, unless the geometry was changed and marked so. A TCP packet that is
 * no longer than one segment, a chain of one and an SCTP packet without members are no GSO packets.
 */
export function gsoSizeOf(recipe: PacketRecipe, lengths: readonly number[], total: number): number {
  if (recipe.gso === "none" || arrivesOneByOne(recipe)) return 0;
  if (recipe.gso === "sctp") return lengths.length > 1 ? GSO_BY_FRAGS : 0;
  const size = Math.max(wantedGsoSize(recipe, lengths[0] as number), leastGsoSize(recipe, total));
  if (recipe.gso === "tcp-fraglist") return lengths.length > 1 ? size : 0;
  if (recipe.gso === "tcp" && recipe.arrival === "tap") return Math.max(TCP_MIN_GSO_SIZE, size);
  return recipe.gso === "tcp" && !recipe.dodgy && total <= size ? 0 : size;
}

function wantedGsoSize(recipe: PacketRecipe, first: number): number {
  if (isFraglist(recipe) && !recipe.dodgy) return Math.max(1, first);
  if (isClassic(recipe) && !recipe.dodgy) return unitOf(recipe);
  return Math.max(1, Math.min(MOST_GSO_SIZE, recipe.gsoSize === 0 ? first : recipe.gsoSize));
}

/** Whole segments were counted when the payload was divided; anything else is counted here. */
const leastGsoSize = (recipe: PacketRecipe, total: number): number =>
  recipe.members.length > 0 && !recipe.dodgy && !recipe.strides ? 0 : Math.ceil(total / MOST_SEGMENTS);

export function gsoSegsOf(recipe: PacketRecipe, pieces: number, total: number, gsoSize: number): number {
  if (gsoSize === 0) return 0;
  switch (recipe.gso) {
    case "fraglist":
    case "tcp-fraglist":
      return pieces;
    case "sctp":
      return pieces - 1;
    case "udp-l4":
    case "tcp":
      return recipe.dodgy ? 0 : Math.min(0xffff, Math.ceil(total / gsoSize));
    default:
      return 0;
  }
}

export function payloadLengths(recipe: PacketRecipe, limit: number): number[] {
  if (arrivesOneByOne(recipe)) return datagramLengths(recipe, limit);
  if (recipe.gso === "sctp") return chunkLengths(recipe, limit);
  if (recipe.strides && isClassic(recipe)) return strideLengths(recipe, limit);
  const isList = isFraglist(recipe);
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

/** As drawn, as far as they fit. */
function strideLengths(recipe: PacketRecipe, limit: number): number[] {
  const lengths = [Math.min(recipe.head.payload, limit)];
  let left = limit - (lengths[0] as number);
  for (const { payload } of recipe.members) {
    const length = Math.max(1, payload);
    if (length > left) continue;
    lengths.push(length);
    left -= length;
  }
  return lengths;
}

/** Of datagrams that arrive by themselves: none is longer than a packet can be, all together fit our limit. */
function datagramLengths(recipe: PacketRecipe, limit: number): number[] {
  const first = Math.min(limit, recipe.head.payload);
  const lengths = [first];
  let left = BATCH_LIMIT - first;
  recipe.members.forEach((member, i) => {
    const last = i === recipe.members.length - 1;
    let length = Math.min(limit, member.payload);
    if (recipe.evenMembers) length = last ? Math.min(length, first) : first;
    length = Math.min(length, left);
    lengths.push(length);
    left -= length;
  });
  return lengths;
}

/** Of SCTP packets: chunks are padded to four bytes. With members the head holds the common header alone. */
function chunkLengths(recipe: PacketRecipe, limit: number): number[] {
  const padded = (length: number): number => Math.min(Math.max(4, (length + 3) & ~3), limit & ~3);
  if (recipe.members.length === 0) return [padded(recipe.head.payload)];
  const lengths = [0];
  let left = limit;
  for (const member of recipe.members) {
    const length = padded(member.payload);
    if (length > left) continue;
    lengths.push(length);
    left -= length;
  }
  return lengths;
}
