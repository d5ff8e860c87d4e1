/** What a holder finally does with its sk_buff: send it, deliver it, keep it, or look inside. */

import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_ENCAP_ALL,
  NETIF_F_GSO_FRAGLIST,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_ROBUST,
  NETIF_F_GSO_SCTP,
  NETIF_F_GSO_UDP,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HIGHDMA,
  NETIF_F_HW_CSUM,
  NETIF_F_HW_VLAN_CTAG_TX,
  NETIF_F_HW_VLAN_STAG_TX,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SCTP_CRC,
  NETIF_F_SG,
  NETIF_F_TSO,
  NETIF_F_TSO_ECN,
  NETIF_F_TSO_MANGLEID,
  NETIF_F_TSO6,
} from "../../abi/features.js";
import { devQueueXmit } from "../../net/core/dev.js";
import { isErr, skbGsoSegmentInner } from "../../net/core/gso.js";
import { GSO_LEGACY_MAX_SIZE, type NetDevice, netDevice, netdevFixFeatures } from "../../net/core/NetDevice.js";
import { netifReceiveSkb } from "../../net/core/receive.js";
import { UdpSock } from "../../net/ipv4/UdpSock.js";
import { udpRcv } from "../../net/ipv4/udp.js";
import type { DeviceRecipe, HolderRecipe, PacketRecipe } from "../../recipe/Recipe.js";
import type { SkbView } from "../../recipe/Run.js";
import { readU16 } from "../../skb/bytes.js";
import { skbShareCheck } from "../../skb/copy.js";
import { errnoName } from "../../skb/errno.js";
import { consumeSkb, kfreeSkb } from "../../skb/free.js";
import { skbOrphan } from "../../skb/owner.js";
import { skbPush, skbResetMacHeader } from "../../skb/pushPull.js";
import { PACKET_LOOPBACK, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN, isVlanType } from "../../wire/ethernet.js";
import type { Handed, Holder } from "./Holder.js";
import { forward, loopBack, sendByVeth, sendByVxlan } from "./paths.js";
import type { World } from "./World.js";

const CHECKSUM_FEATURES: Readonly<Record<DeviceRecipe["checksum"], number>> = {
  none: 0,
  hw: NETIF_F_HW_CSUM,
  ipv4: NETIF_F_IP_CSUM,
  ipv6: NETIF_F_IPV6_CSUM,
  both: NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM,
};
const BIG_GSO_SIZE = 185_000;
const SMALL_RCVBUF = 2304;

/** The egress device of a holder; what it is given is recorded on the holder. */
export function deviceOf(world: World, holder: Holder): NetDevice {
  const recipe: DeviceRecipe = holder.recipe.device;
  // Partial segmentation is for hardware, which declares neither UFO nor frag_lists.
  const cutsPartly = recipe.gsoPartial && !recipe.ufo && !recipe.fraglist;
  // What it can do to one layer of headers while all others are repeated: datagrams, and outer headers where it knows any.
  const partialFeatures = NETIF_F_GSO_UDP_L4 | (recipe.encapsulation ? NETIF_F_GSO_ENCAP_ALL : 0);
  const wanted =
    NETIF_F_HIGHDMA |
    CHECKSUM_FEATURES[recipe.checksum] |
    (recipe.sg ? NETIF_F_SG : 0) |
    (recipe.fraglist ? NETIF_F_FRAGLIST : 0) |
    (recipe.udpL4 ? NETIF_F_GSO_UDP_L4 : 0) |
    (recipe.tso ? NETIF_F_TSO | NETIF_F_TSO6 : 0) |
    (recipe.tsoEcn ? NETIF_F_TSO_ECN : 0) |
    (recipe.tsoMangleId ? NETIF_F_TSO_MANGLEID : 0) |
    (recipe.sctp ? NETIF_F_GSO_SCTP | NETIF_F_SCTP_CRC : 0) |
    (recipe.encapsulation ? NETIF_F_GSO_ENCAP_ALL : 0) |
    (recipe.ufo ? NETIF_F_GSO_UDP : 0) |
    (recipe.gsoFraglist ? NETIF_F_GSO_FRAGLIST : 0) |
    (cutsPartly ? NETIF_F_GSO_PARTIAL | NETIF_F_GSO_UDP_L4 : 0) |
    (recipe.robust ? NETIF_F_GSO_ROBUST : 0) |
    (recipe.vlan ? NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX : 0);
  const registered = NETIF_F_SG | NETIF_F_GSO_PARTIAL;
  const own = {
    mtu: recipe.mtu,
    hwEncFeatures: recipe.encapsulation ? netdevFixFeatures(wanted) | registered : registered,
    gsoMaxSegs: recipe.gsoMaxSegs,
    gsoMaxSize: recipe.big ? BIG_GSO_SIZE : GSO_LEGACY_MAX_SIZE,
    gsoIpv4MaxSize: recipe.big ? BIG_GSO_SIZE : GSO_LEGACY_MAX_SIZE,
    startXmit: (skb: SkBuff) => {
      holder.frames.push(handed(world, skb));
    },
    txDropped: (reason: string) => {
      holder.dropReason = reason;
    },
  };
  return netDevice(`port ${holder.index}`, wanted, own, partialFeatures);
}

export function socketsOf(holder: Holder): UdpSock[] {
  return holder.recipe.sockets.map((socket, i) => {
    const options = {
      acceptsL4: socket.accepts !== "nothing",
      acceptsFraglist: socket.accepts === "fraglist",
      convertsChecksum: socket.convertsChecksum,
      filters: socket.filters,
    };
    return new UdpSock(
      `socket ${holder.index}.${i}`,
      socket.smallBuffer ? { ...options, rcvbuf: SMALL_RCVBUF } : options,
    );
  });
}

function handed(world: World, skb: SkBuff): Handed {
  const view = world.observer.view(skb);
  return { skb, view, bytes: view.bytes, later: undefined, freed: false };
}

/** Carries the exit out. On return the holder's sk_buff is gone, unless a tap keeps it. */
export function leave(world: World, holder: Holder, packet: PacketRecipe): void {
  const mine = holder.skb;
  if (mine === null) return;
  const exit: HolderRecipe["exit"] = holder.recipe.exit;
  const skb = skbShareCheck(mine);
  holder.skb = exit === "tap" ? skb : null;
  if (skb === null) {
    holder.outcome = "dropped";
    holder.dropReason = "share-check";
    return;
  }
  switch (exit) {
    case "port":
      transmit(world, holder, skb);
      break;
    case "local":
      deliver(world, holder, skb, packet);
      break;
    case "tap":
      holder.entered = world.observer.view(skb);
      holder.outcome = "kept";
      break;
    case "inspect":
      inspect(world, holder, skb);
      break;
    case "route":
    case "vxlan":
    case "veth":
      sendOnward(world, holder, skb, packet);
      break;
    case "loopback":
      sendHome(world, holder, skb, packet);
  }
}

/** Takes `data` to the MAC header and looks at the packet as the exit finds it. */
function enterAtMac(world: World, holder: Holder, skb: SkBuff): void {
  skbPush(skb, skb.networkHeader - skb.macHeader);
  skbResetMacHeader(skb);
  holder.entered = world.observer.view(skb);
}

/** As __br_forward does: a complete checksum means nothing to a sender. */
function transmit(world: World, holder: Holder, skb: SkBuff): void {
  const device = holder.device as NetDevice;
  skb.dev = device;
  if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
  enterAtMac(world, holder, skb);
  holder.dropReason = devQueueXmit(world.kernel, skb, device);
  holder.outcome = holder.dropReason === "" ? "sent" : "dropped";
}

/** Through more of the stack, and out of the port at the end, where drops are heard of too. */
function sendOnward(world: World, holder: Holder, skb: SkBuff, packet: PacketRecipe): void {
  const reason = holder.recipe.exit === "route" ? route(world, holder, skb) : sendAround(world, holder, skb, packet);
  holder.outcome = holder.frames.length > 0 ? "sent" : "dropped";
  if (reason !== "") holder.dropReason = reason;
  else if (holder.outcome === "dropped" && holder.dropReason === "") holder.dropReason = "ENOMEM";
}

function route(world: World, holder: Holder, tagged: SkBuff): string {
  const skb = untag(tagged);
  if (skb === null) return "vlan";
  holder.entered = viewFromMac(world, skb);
  return forward(world, skb, holder.device as NetDevice);
}

function sendAround(world: World, holder: Holder, skb: SkBuff, packet: PacketRecipe): string {
  const port = holder.device as NetDevice;
  if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
  enterAtMac(world, holder, skb);
  if (holder.recipe.exit === "veth") return sendByVeth(world, skb, port, packet);
  return sendByVxlan(world, skb, port, { family: packet.family, checksum: packet.checksumLevel % 2 === 0 });
}

/** Back to the sockets of this host. */
function sendHome(world: World, holder: Holder, skb: SkBuff, packet: PacketRecipe): void {
  if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
  enterAtMac(world, holder, skb);
  const isMulticast = packet.cast === "multicast";
  const { arrived, dropReason } = loopBack(world, skb, isMulticast);
  holder.dropReason = dropReason;
  for (const one of arrived) {
    const first = netifReceiveSkb(one);
    const received = first === null ? null : untag(first);
    if (received === null) {
      holder.dropReason ||= "vlan";
      continue;
    }
    const delivery = udpRcv(world.kernel, received, holder.sockets, isMulticast);
    holder.cloneFailures += delivery.cloneFailures;
    holder.dropReason ||= delivery.dropReason;
  }
  holder.outcome = holder.dropReason === "" ? "delivered" : "dropped";
}

/** The packet as an observer at its MAC header would see it, wherever `data` is. */
function viewFromMac(world: World, skb: SkBuff): SkbView {
  const macLen = skb.data - skb.macHeader;
  const atMac = world.observer.view(skb);
  return {
    ...atMac,
    data: atMac.data - macLen,
    len: atMac.len + macLen,
    bytes: world.observer.bytes(skb, -macLen, skb.len + macLen),
  };
}

function deliver(world: World, holder: Holder, tagged: SkBuff, packet: PacketRecipe): void {
  const skb = untag(tagged);
  if (skb === null) {
    holder.outcome = "dropped";
    holder.dropReason = "vlan";
    return;
  }
  if (packet.cast === "loopback") skb.pktType = PACKET_LOOPBACK;
  holder.entered = viewFromMac(world, skb);
  const delivery = udpRcv(world.kernel, skb, holder.sockets, packet.cast === "multicast");
  holder.cloneFailures = delivery.cloneFailures;
  holder.dropReason = delivery.dropReason;
  holder.outcome = delivery.dropReason === "" ? "delivered" : "dropped";
}

/** As VLAN devices on top of each other do: every tag is gone before IP sees the packet. Null when it was freed. */
function untag(tagged: SkBuff): SkBuff | null {
  let skb: SkBuff | null = tagged;
  skb.vlanProto = 0;
  // Packets that were laid out as the stack would have them are at their network header already.
  if (skb.networkHeader - skb.macHeader > ETH_HLEN) skb.protocol = readU16(skb, skb.networkHeader - 2);
  while (skb !== null && isVlanType(skb.protocol)) {
    skb = netifReceiveSkb(skb);
    if (skb !== null) skb.vlanProto = 0;
  }
  return skb;
}

/** As a switch that hands a packet to a program: cut it, read the pieces, free them, and go on with the original. */
function inspect(world: World, holder: Holder, skb: SkBuff): void {
  enterAtMac(world, holder, skb);
  if (skb.shinfo.gsoSize !== 0) {
    const segs = skbGsoSegmentInner(world.kernel, skb, NETIF_F_SG, false);
    if (segs === null || isErr(segs)) {
      kfreeSkb(skb);
      holder.outcome = "dropped";
      holder.dropReason = segs === null ? "EINVAL" : errnoName(segs);
      return;
    }
    let next: SkBuff | null = null;
    for (let seg: SkBuff | null = segs; seg !== null; seg = seg.next) holder.frames.push(readOnce(world, seg));
    for (let seg: SkBuff | null = segs; seg !== null; seg = next) {
      next = seg.next;
      consumeSkb(seg);
    }
  } else {
    holder.frames.push(readOnce(world, skb));
  }
  holder.outcome = "inspected";
  skbOrphan(skb);
  kfreeSkb(skb);
}

/** A frame that is read and freed at once: there is no later. */
const readOnce = (world: World, skb: SkBuff): Handed => ({ ...handed(world, skb), later: "same", freed: true });

/** Records what the sockets of a delivery have in their queues. */
export function readQueues(world: World, holder: Holder): void {
  holder.rmemAfter = holder.sockets.map((sk) => sk.rmemAlloc);
  holder.sockets.forEach((sk, i) => {
    const known = (holder.datagrams[i] ??= []);
    for (const skb of sk.receiveQueue.slice(known.length)) known.push(handed(world, skb));
  });
}

/** Frees everything the holder was given, having read it once more. */
export function release(world: World, holder: Holder): void {
  for (const one of holder.frames) giveBack(world, one);
  holder.sockets.forEach((sk, i) => {
    for (const one of holder.datagrams[i] ?? []) {
      sk.dequeue();
      giveBack(world, one);
    }
  });
  if (holder.skb !== null && holder.outcome === "kept") {
    holder.kept = world.observer.view(holder.skb);
    kfreeSkb(holder.skb);
    holder.skb = null;
  }
  for (const skb of holder.extra.splice(0)) kfreeSkb(skb);
}

function giveBack(world: World, one: Handed): void {
  if (one.freed) return;
  one.freed = true;
  one.later = world.observer.stillReads(one.skb, one.view.len, one.bytes);
  consumeSkb(one.skb);
}
