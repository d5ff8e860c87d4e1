/** Building the aggregate as sk_buffs: a head with its share of the payload, and the members of its frag_list. */

import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  SKB_GSO_DODGY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import type { MemberRecipe } from "../../recipe/Recipe.js";
import { allocPage, allocSkb, buildSkb, NET_SKB_PAD, PAGE_SIZE } from "../../skb/alloc.js";
import { putBytes } from "../../skb/bytes.js";
import { skbClone } from "../../skb/clone.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import type { Frag, Page } from "../../skb/Page.js";
import { skbPullInner, skbPut, skbReserve } from "../../skb/pushPull.js";
import { skbChecksum } from "../../skb/read.js";
import {
  SKBFL_DONT_ORPHAN,
  SKBFL_MANAGED_FRAG_REFS,
  SKBFL_SHARED_FRAG,
  SKBFL_ZEROCOPY_ENABLE,
} from "../../skb/SharedInfo.js";
import { PACKET_HOST, PACKET_LOOPBACK, PACKET_MULTICAST, type SkBuff } from "../../skb/SkBuff.js";
import { skbHeaderReleaseInner } from "../../skb/sharing.js";
import { ZerocopyOwner } from "../../skb/ZerocopyOwner.js";
import { ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { IPV4_HLEN } from "../../wire/ipv4.js";
import { UDP_CHECK, UDP_HLEN } from "../../wire/udp.js";
import { aggregateHeaders, headersOf, type PacketPlan, type Piece } from "./packetPlan.js";
import type { SideObjects, World } from "./World.js";

const IP_SUMMED = {
  none: CHECKSUM_NONE,
  unnecessary: CHECKSUM_UNNECESSARY,
  complete: CHECKSUM_COMPLETE,
  partial: CHECKSUM_PARTIAL,
} as const;
const GSO_TYPES = {
  fraglist: SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4,
  "udp-l4": SKB_GSO_UDP_L4,
  ufo: SKB_GSO_UDP,
  none: 0,
} as const;
const TX_FLAGS = 1;
const TSKEY = 7;

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
  describe(head, plan, head.data);
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

/** Header offsets and what eth_type_trans would say; `mac` is where the link header starts. */
function describe(skb: SkBuff, plan: PacketPlan, mac: number): void {
  const { recipe } = plan;
  const network = plan.isIpv6 ? ETH_P_IPV6 : ETH_P_IP;
  const tag = recipe.vlan[0];
  skb.macHeader = mac;
  skb.networkHeader = mac + plan.macLen;
  skb.transportHeader = mac + plan.transportOffset;
  skb.macLen = plan.macLen;
  skb.protocol = tag === undefined ? network : tag.tpid === "802.1Q" ? ETH_P_8021Q : ETH_P_8021AD;
  skb.pktType =
    recipe.cast === "multicast" ? PACKET_MULTICAST : recipe.cast === "loopback" ? PACKET_LOOPBACK : PACKET_HOST;
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
    const member = buildMember(world, plan, piece, plan.recipe.members[i] as MemberRecipe, i + 1);
    if (last === null) head.shinfo.fragList = member;
    else last.next = member;
    last = member;
    head.len += member.len;
    head.dataLen += member.len;
    head.truesize += member.truesize;
    head.shinfo.flags |= member.shinfo.flags & SKBFL_SHARED_FRAG;
  });
}

function buildMember(world: World, plan: PacketPlan, piece: Piece, recipe: MemberRecipe, index: number): SkBuff {
  const size = NET_SKB_PAD + plan.headerLen + piece.linear;
  const member = must(recipe.headFrag ? buildSkb(world.mem, size) : allocSkb(world.mem, size));
  skbReserve(member, NET_SKB_PAD);
  fill(world, plan, member, piece, headersOf(plan, piece.at, piece.payload, index), {
    users: false,
    sharedFrag: recipe.sharedFrag,
    flags: 0,
  });
  describe(member, plan, member.data);
  if (recipe.state) hold(member, world.ofMembers);
  if (recipe.cloned) world.kept.push(must(skbClone(member)));
  skbPullInner(member, plan.headerLen);
  if (recipe.nohdr && !recipe.cloned && plan.recipe.gso !== "fraglist") skbHeaderReleaseInner(member);
  for (let i = 0; i < recipe.users; i++) {
    member.users++;
    world.kept.push(member);
  }
  return member;
}

function setGso(head: SkBuff, plan: PacketPlan): void {
  const { recipe } = plan;
  if (recipe.gso === "none") return;
  const shinfo = head.shinfo;
  shinfo.gsoSize = plan.gsoSize;
  shinfo.gsoSegs = plan.gsoSegs;
  shinfo.gsoType = GSO_TYPES[recipe.gso] | (recipe.dodgy ? SKB_GSO_DODGY : 0);
  if (recipe.head.timestamp) {
    shinfo.txFlags = TX_FLAGS;
    shinfo.tskey = TSKEY;
  }
}

/** GRO sets no csum_start on a list; whoever cuts datagrams needs one in any state. */
function setChecksumState(head: SkBuff, plan: PacketPlan): void {
  const { recipe } = plan;
  head.ipSummed = IP_SUMMED[recipe.checksum];
  head.csumLevel = recipe.checksum === "unnecessary" ? recipe.checksumLevel : 0;
  if (recipe.checksum === "complete") {
    head.csum = skbChecksum(head, 0, head.len, 0);
  } else if (recipe.checksum === "partial" || recipe.gso === "udp-l4") {
    // No arrival accepts a start in front of any possible IP header, and the field itself stays in the linear part.
    const least = head.macHeader + IPV4_HLEN;
    const most = head.tail - UDP_CHECK - 2;
    head.csumStart = Math.max(least, Math.min(head.transportHeader + recipe.checksumStart, most));
    head.csumOffset = UDP_CHECK;
  }
}

function setOwner(world: World, head: SkBuff, plan: PacketPlan): void {
  if (plan.recipe.owner === "sender") skbSetOwnerW(head, world.sender);
  if (plan.recipe.owner === "early-demux") {
    head.sk = world.sender;
    head.destructor = "sock_edemux";
  }
}

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

/** Bytes in front of the payload, from the IP header on: what operations count their arguments from. */
export const headersBehindData = (skb: SkBuff): number => skb.transportHeader + UDP_HLEN - skb.data;
