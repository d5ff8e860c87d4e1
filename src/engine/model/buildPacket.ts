/** Building the aggregate as sk_buffs: a head with its share of the payload, and the members of its frag_list. */

import { SKB_GSO_SCTP, SKB_GSO_TCPV4, SKB_GSO_TCPV6 } from "../../abi/features.js";
import type { MemberRecipe } from "../../recipe/Recipe.js";
import { allocPage, allocSkb, buildSkb, NET_SKB_PAD, PAGE_SIZE } from "../../skb/alloc.js";
import { putBytes, readU8 } from "../../skb/bytes.js";
import { skbClone } from "../../skb/clone.js";
import type { Frag, Page } from "../../skb/Page.js";
import { skbPullInner, skbPut, skbReserve } from "../../skb/pushPull.js";
import {
  SKBFL_DONT_ORPHAN,
  SKBFL_MANAGED_FRAG_REFS,
  SKBFL_SHARED_FRAG,
  SKBFL_ZEROCOPY_ENABLE,
} from "../../skb/SharedInfo.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { skbHeaderReleaseInner } from "../../skb/sharing.js";
import { ZerocopyOwner } from "../../skb/ZerocopyOwner.js";
import { ETH_P_8021Q } from "../../wire/ethernet.js";
import { SCTP_HLEN } from "../../wire/sctp.js";
import { TCP_DOFF, TCP_HLEN } from "../../wire/tcp.js";
import { UDP_HLEN } from "../../wire/udp.js";
import { describeHead, describeMember, setChecksumState, setGso, setOwner } from "./aggregate.js";
import { aggregateHeaders, memberHeaders } from "./headers.js";
import type { PacketPlan, Piece } from "./packetPlan.js";
import { isFraglist } from "./possible.js";
import type { SideObjects, World } from "./World.js";

/**
 * The packet as it enters the flood: `data` at the IP header, all header offsets set.
 *
 * Allocations cannot fail yet: they are counted from when the holders start.
 */
export function buildPacket(world: World, plan: PacketPlan): SkBuff {
  const { recipe } = plan;
  const head = must(allocateHead(world, plan));
  const piece = plan.pieces[0] as Piece;
  const layout = recipe.head;
  fill(world, plan, head, piece, aggregateHeaders(plan), {
    users: layout.zerocopy !== "no",
    sharedFrag: layout.sharedFrag,
    flags: layout.zerocopy === "no" ? 0 : ZEROCOPY_FLAGS[layout.zerocopy],
  });
  describeHead(head, plan, head.data);
  if (layout.state) hold(head, world.ofHead);
  chainMembers(world, plan, head);
  skbPullInner(head, plan.macLen);

  setGso(head, plan);
  setChecksumState(head, plan);
  head.hash = recipe.seed;
  if (recipe.acceleratedVlan) {
    head.vlanProto = ETH_P_8021Q;
    head.vlanTci = 42;
  }
  setOwner(world, head, plan);
  return layout.nohdr ? payloadOnlySender(world, head) : head;
}

const ZEROCOPY_FLAGS = {
  owned: SKBFL_ZEROCOPY_ENABLE | SKBFL_SHARED_FRAG,
  "do-not-orphan": SKBFL_ZEROCOPY_ENABLE | SKBFL_SHARED_FRAG | SKBFL_DONT_ORPHAN,
  managed: SKBFL_ZEROCOPY_ENABLE | SKBFL_SHARED_FRAG | SKBFL_DONT_ORPHAN | SKBFL_MANAGED_FRAG_REFS,
} as const;

function must<T>(allocated: T | null): T {
  if (allocated === null) throw new Error("an allocation failed while the packet was being set up");
  return allocated;
}

function allocateHead(world: World, plan: PacketPlan): SkBuff | null {
  const { headroom, headFrag } = plan.recipe.head;
  const size = headroom + plan.headerLen + (plan.pieces[0] as Piece).linear;
  const skb = headFrag ? buildSkb(world.mem, size) : allocSkb(world.mem, size);
  if (skb !== null) skbReserve(skb, headroom);
  return skb;
}

interface FragOptions {
  /** The fragments are user memory. */
  readonly users: boolean;
  readonly sharedFrag: boolean;
  readonly flags: number;
}

/** Headers, linear payload and page fragments. */
function fill(
  world: World,
  plan: PacketPlan,
  skb: SkBuff,
  piece: Piece,
  headers: Uint8Array,
  options: FragOptions,
): void {
  putBytes(skb, skbPut(skb, headers.length), headers);
  putBytes(skb, skbPut(skb, piece.linear), plan.payload.subarray(piece.at, piece.at + piece.linear));
  if (piece.frags.length === 0) return;

  const frags: Frag[] = [];
  let at = piece.at + piece.linear;
  for (const len of piece.frags) {
    const page = must(allocPage(world.mem, Math.max(len, 1), options.users)) as Page;
    world.mem.arena.bytes.set(plan.payload.subarray(at, at + len), page.base);
    frags.push({ page, offset: 0, len });
    skb.truesize += Math.ceil(len / PAGE_SIZE) * PAGE_SIZE;
    at += len;
  }
  const paged = at - piece.at - piece.linear;
  skb.len += paged;
  skb.dataLen += paged;
  skb.shinfo.fragsChangedTo(frags);
  if (options.sharedFrag) skb.shinfo.flags |= SKBFL_SHARED_FRAG;
  if (options.users) {
    const owner = new ZerocopyOwner(world.mem, "zero-copy owner");
    skb.shinfo.destructorArg = owner;
    skb.shinfo.flags |= options.flags;
    const managed = options.flags & SKBFL_MANAGED_FRAG_REFS ? frags.map((frag) => frag.page) : [];
    world.zerocopy.push({ owner, managed });
  }
}

function hold(skb: SkBuff, side: SideObjects): void {
  skb.dst = side.dst.hold();
  skb.nfct = side.conntrack.hold();
  skb.extensions = side.extensions.hold();
  skb.slowGro = true;
}

/** Builds the members and hangs them on the head, as GRO does. */
function chainMembers(world: World, plan: PacketPlan, head: SkBuff): void {
  let last: SkBuff | null = null;
  plan.pieces.slice(1).forEach((piece, i) => {
    const member = buildMember(world, plan, piece, plan.recipe.members[i] as MemberRecipe);
    if (last === null) head.shinfo.fragList = member;
    else last.next = member;
    last = member;
    head.len += member.len;
    head.dataLen += member.len;
    head.truesize += member.truesize;
    head.shinfo.flags |= member.shinfo.flags & SKBFL_SHARED_FRAG;
  });
}

function buildMember(world: World, plan: PacketPlan, piece: Piece, recipe: MemberRecipe): SkBuff {
  const headers = plan.transport.name === "sctp" ? NO_HEADERS : memberHeaders(plan, piece);
  const headroom = plan.transport.name === "sctp" ? plan.headerLen + MAX_HEADER : NET_SKB_PAD;
  const size = headroom + headers.length + piece.linear;
  const member = must(recipe.headFrag ? buildSkb(world.mem, size) : allocSkb(world.mem, size));
  skbReserve(member, headroom);
  fill(world, plan, member, piece, headers, { users: false, sharedFrag: recipe.sharedFrag, flags: 0 });
  if (headers.length > 0) describeMember(member, plan, member.data);
  if (recipe.state) hold(member, world.ofMembers);
  if (recipe.cloned) world.kept.push(must(skbClone(member)));
  skbPullInner(member, headers.length);
  if (recipe.nohdr && !recipe.cloned && !isFraglist(plan.recipe)) skbHeaderReleaseInner(member);
  for (let i = 0; i < recipe.users; i++) {
    member.users++;
    world.kept.push(member);
  }
  return member;
}

/** A member of SCTP is chunks alone, made with room for the headers that its segment will get. @kernel sctp_packet_pack */
const NO_HEADERS = new Uint8Array(0);
/** On x86-64 with wireless and tunnels. @kernel MAX_HEADER include/linux/netdevice.h */
const MAX_HEADER = 176;

/** The sender keeps the packet itself, header given up, and lets a clone travel. */
function payloadOnlySender(world: World, head: SkBuff): SkBuff {
  const { sk, destructor } = head;
  head.sk = null;
  head.destructor = "";
  skbHeaderReleaseInner(head);
  const travelling = must(skbClone(head));
  travelling.sk = sk;
  travelling.destructor = destructor;
  world.kept.push(head);
  return travelling;
}

/** Bytes in front of the payload, from the outermost network header on: what operations count their arguments from. */
export function headersBehindData(skb: SkBuff): number {
  // Receive offload leaves the inner offset of a list unset.
  const isInnerKnown = skb.encapsulation && skb.innerTransportHeader > skb.data;
  const at = isInnerKnown ? skb.innerTransportHeader : skb.transportHeader;
  const { gsoType } = skb.head.shinfo.seen();
  let transportLen = UDP_HLEN;
  if (gsoType & SKB_GSO_SCTP) transportLen = SCTP_HLEN;
  else if (gsoType & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) {
    transportLen = at + TCP_DOFF < skb.tail ? (readU8(skb, at + TCP_DOFF) >>> 4) * 4 : TCP_HLEN;
  }
  return at + transportLen - skb.data;
}
