/**
 * Datagrams that arrive one by one and pass receive offload: as a driver hands them over, or written into a tap that
 * has a NAPI queue. What came out is recorded; the packet that the first frame became part of goes on to the holders.
 */
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
} from "../../abi/features.js";
import { groNormalList, napiGroFlush } from "../../net/core/gro/gro.js";
import { Napi, napiFreeFrags, napiGroReceive } from "../../net/core/gro/napi.js";
import { GRO_LEGACY_MAX_SIZE, type NetDevice, type NetNamespace, netDevice } from "../../net/core/NetDevice.js";
import { netifReceiveSkb } from "../../net/core/receive.js";
import { vxlanGro } from "../../net/drivers/vxlanGro.js";
import { ethTypeTrans } from "../../net/ethernet/eth.js";
import type { MemberRecipe, PacketRecipe } from "../../recipe/Recipe.js";
import type { GroDelivery, GroFrame, GroRun } from "../../recipe/Run.js";
import { allocPage, allocSkb, buildSkb, NET_SKB_PAD } from "../../skb/alloc.js";
import { putBytes } from "../../skb/bytes.js";
import { kfreeSkb } from "../../skb/free.js";
import type { Frag } from "../../skb/Page.js";
import { skbPut, skbReserve } from "../../skb/pushPull.js";
import { skbChecksum } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { VXLAN_PORT } from "../../wire/vxlan.js";
import type { Arrived } from "./arrival.js";
import { framesMade } from "./framesMade.js";
import { encloseAgain, originalFrame } from "./headers.js";
import { type FrameLayout, makeOdd, moveToFlow, type Oddity } from "./oddFrame.js";
import type { PacketPlan, Piece } from "./packetPlan.js";
import { writeBatch } from "./tapBatch.js";
import type { World } from "./World.js";

/** Large enough for BIG TCP, as devices that support it have it. */
const BIG_GRO_SIZE = 185_000;

/** One frame on its way in. */
export interface Arriving {
  readonly bytes: Uint8Array;
  readonly flow: number;
  /** How many of its bytes, from the front, are linear; the fragments' lengths behind. */
  readonly linear: number;
  readonly frags: readonly number[];
  readonly headFrag: boolean;
  readonly ipSummed: number;
  /** Of UNNECESSARY. */
  readonly csumLevel: number;
  /** Of PARTIAL: where the transport header is, and the field in it. */
  readonly csumStart: number;
  readonly csumOffset: number;
  /** Its payload: position in the whole, and length. */
  readonly at: number;
  readonly payload: number;
  /** Offsets of the transport header, whose first two bytes are the source port, and of the payload. */
  readonly transport: number;
  readonly payloadAt: number;
}

export interface GroArrived extends Arrived {
  readonly gro: GroRun;
}

/** Takes the whole batch in one poll. */
export function arriveOneByOne(world: World, plan: PacketPlan): GroArrived {
  const arriving = framesOf(plan);
  const delivered: SkBuff[] = [];
  const device = receivingDevice(plan);
  // What is held stays held between the writes of a batch, as within one poll.
  const napi = new Napi(device, (skb) => delivered.push(skb), { groFlushTimeout: 1, deferHardIrqs: arriving.length });
  napi.deferHardIrqsCount = arriving.length;
  const results =
    plan.recipe.arrival === "gro"
      ? arriving.map((frame, i) => receiveFromDriver(world, napi, frame, plan.recipe.seed + frame.flow, i))
      : writeBatch(world, napi, arriving, plan.recipe.arrival === "tap-frags");
  napiGroFlush(world.kernel, napi, false);
  groNormalList(napi);
  napiFreeFrags(napi);

  const frames = arriving.map(
    ({ bytes, flow, ipSummed }, i): GroFrame => ({ bytes, flow, ipSummed, result: results[i] ?? "" }),
  );
  const views = delivered.map((skb) => {
    const front = skb.data - skb.macHeader;
    const frame = world.observer.bytes(skb, -front, skb.len + front) ?? new Uint8Array(0);
    return { view: world.observer.view(skb), frame };
  });
  const made = framesMade(
    views.map(({ frame }) => frame),
    arriving,
    plan.payload,
  );
  const deliveries = views.map((one, i): GroDelivery => ({ ...one, made: made[i] ?? [] }));
  const followed = deliveries.findIndex((one) => one.made.includes(0));
  delivered.forEach((skb, i) => {
    if (i !== followed) kfreeSkb(skb);
  });
  const gro: GroRun = { frames, delivered: deliveries, followed };
  const first = delivered[followed];
  if (first === undefined) return { skb: null, errno: results.find(isErrno) ?? "not delivered", gro };
  const skb = netifReceiveSkb(first);
  return { skb, errno: skb === null ? "ENOMEM" : "", gro };
}

/** What a write says that failed. */
const isErrno = (result: string): boolean => /^E[A-Z]+$/.test(result);

function receivingDevice(plan: PacketPlan): NetDevice {
  const { gro } = plan.recipe;
  const maxSize = gro.big ? BIG_GRO_SIZE : GRO_LEGACY_MAX_SIZE;
  return netDevice("receiver", NETIF_F_SG | NETIF_F_HW_CSUM, {
    receive: {
      gro: true,
      groFraglist: gro.fraglist,
      groUdpFwd: gro.udpForwarding,
      groMaxSize: maxSize,
      groIpv4MaxSize: maxSize,
    },
    net: namespaceOf(plan),
    startXmit: kfreeSkb,
  });
}

/** The host's sockets, as far as receive offload asks for them. Where it has one, some socket somewhere wants offload. */
function namespaceOf({ recipe }: PacketPlan): NetNamespace {
  const { listener } = recipe.gro;
  const isTunnelled = recipe.tunnels.some(({ kind }) => kind === "vxlan");
  const socket = { groEnabled: listener === "gro" };
  const tunnelSocket = { groEnabled: false, tunnelGro: vxlanGro({ remcsumRx: true, remcsumNopartial: false }) };
  return {
    udpEncapNeeded: isTunnelled || listener === "gro" || listener === "plain",
    udpLookup: ({ dest }) => {
      if (isTunnelled && dest === VXLAN_PORT) return tunnelSocket;
      return listener === "gro" || listener === "plain" ? socket : null;
    },
    tcpEstablished: () => listener === "established",
  };
}

/** Every datagram of the plan as the frame in which it arrives. */
export function framesOf(plan: PacketPlan): Arriving[] {
  const first = originalFrame(plan, plan.pieces[0] as Piece);
  return plan.pieces.map((piece, i) => frameOf(plan, piece, i, first));
}

function frameOf(plan: PacketPlan, piece: Piece, i: number, first: Uint8Array): Arriving {
  const { recipe } = plan;
  const member = i === 0 ? undefined : (recipe.members[i - 1] as MemberRecipe);
  const layout: FrameLayout = {
    isIpv6: plan.isIpv6,
    network: plan.networkOffset,
    transport: plan.transportOffset,
    proto: plan.transport.proto,
    isPartial: recipe.checksum === "partial",
    ...(plan.tunnels.length > 0 && { enclose: (frame: Uint8Array) => encloseAgain(plan, piece, frame) }),
  };
  const plain = originalFrame(plan, piece);
  moveToFlow(plain, piece.flow, layout);
  const odd = member?.odd ?? "nothing";
  const bytes = makeOdd(plain, odd, layout, first);
  const inserted = odd === "options" || odd === "vlan" ? bytes.length - plain.length : 0;
  const transport = plan.transportOffset + inserted;
  const paged = piece.frags.reduce((sum, length) => sum + length, 0);
  return {
    bytes,
    flow: piece.flow,
    linear: bytes.length - paged,
    frags: piece.frags,
    headFrag: (member ?? recipe.head).headFrag,
    ipSummed: ipSummedOf(recipe, odd),
    csumLevel: recipe.checksumLevel,
    csumStart: transport,
    csumOffset: plan.transport.checkOffset,
    at: piece.at,
    payload: piece.payload,
    transport,
    payloadAt: transport + plan.transportLen,
  };
}

const IP_SUMMED = {
  none: CHECKSUM_NONE,
  unnecessary: CHECKSUM_UNNECESSARY,
  complete: CHECKSUM_COMPLETE,
  partial: CHECKSUM_PARTIAL,
} as const;

/** A tap believes nobody who says that a checksum was verified. A checksum that is left for later has no other state. */
function ipSummedOf({ arrival, checksum }: PacketRecipe, odd: Oddity): number {
  if (checksum === "partial") return CHECKSUM_PARTIAL;
  if (arrival !== "gro") return CHECKSUM_NONE;
  if (odd !== "checksum-state") return IP_SUMMED[checksum];
  return checksum === "none" ? CHECKSUM_UNNECESSARY : CHECKSUM_NONE;
}

/** As a network driver: an sk_buff with the bytes as its rings left them, then napi_gro_receive. */
function receiveFromDriver(world: World, napi: Napi, frame: Arriving, hash: number, index: number): string {
  const { mem } = world;
  const size = NET_SKB_PAD + frame.linear;
  const skb = frame.headFrag ? buildSkb(mem, size) : allocSkb(mem, size);
  if (skb === null) return "ENOMEM";
  skbReserve(skb, NET_SKB_PAD);
  putBytes(skb, skbPut(skb, frame.linear), frame.bytes.subarray(0, frame.linear));
  addFrags(world, skb, frame);
  skb.dev = napi.dev;
  skb.hash = hash;
  ethTypeTrans(skb, napi.dev.address);
  skb.ipSummed = frame.ipSummed;
  if (frame.ipSummed === CHECKSUM_UNNECESSARY) skb.csumLevel = frame.csumLevel;
  if (frame.ipSummed === CHECKSUM_COMPLETE) skb.csum = skbChecksum(skb, 0, skb.len, 0);
  if (frame.ipSummed === CHECKSUM_PARTIAL) {
    skb.csumStart = skb.macHeader + frame.csumStart;
    skb.csumOffset = frame.csumOffset;
  }
  const verdict = napiGroReceive(world.kernel, napi, skb);
  mem.onStep?.(`napi_gro_receive: frame ${index} ${verdict}`);
  return verdict.toLowerCase();
}

function addFrags(world: World, skb: SkBuff, { bytes, linear, frags }: Arriving): void {
  if (frags.length === 0) return;
  const { mem } = world;
  const added: Frag[] = [];
  let at = linear;
  for (const len of frags) {
    const page = allocPage(mem, Math.max(len, 4096));
    if (page === null) break;
    mem.arena.bytes.set(bytes.subarray(at, at + len), page.base);
    added.push({ page, offset: 0, len });
    at += len;
    skb.truesize += page.size;
  }
  skb.shinfo.fragsChangedTo(added);
  skb.dataLen = at - linear;
  skb.len += skb.dataLen;
}
