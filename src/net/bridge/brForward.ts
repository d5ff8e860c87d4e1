/**
 * A bridge sending a frame: to one port, or flooding it, with a clone for each port but one. Left out: VLAN filtering,
 * isolated ports, source lists of groups, netfilter.
 */
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../../abi/features.js";
import { equalBytes } from "../../bytes/diff.js";
import { bytesAt, putBytes } from "../../skb/bytes.js";
import { skbClone } from "../../skb/clone.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbPush, skbResetMacHeader } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_ALEN, ETH_DEST, ETH_HLEN, ETH_SOURCE, isVlanType } from "../../wire/ethernet.js";
import { devQueueXmit } from "../core/dev.js";
import { isSkbForwardable } from "../core/forwardable.js";
import { skbWarnIfLro } from "../core/lro.js";
import type { NetDevice } from "../core/NetDevice.js";
import { skbNetworkProtocol } from "../core/networkProtocol.js";
import type { NetKernel } from "../NetKernel.js";
import type { Bridge, BridgePort, MdbEntry } from "./Bridge.js";

/** A port that gets the frame, or something else to be done when its turn comes. */
type Step = NetDevice | ((skb: SkBuff) => void);

/**
 * Sends the frame to every port in order. With `localRcv` all ports get clones and the original stays with the caller;
 * without, the last port gets the original. Returns each port's reason for a drop, or the empty string.
 *
 * @kernel br_flood and maybe_deliver net/bridge/br_forward.c v6.12
 */
export function brFlood(k: NetKernel, skb: SkBuff, ports: readonly Step[], localRcv: boolean): Map<NetDevice, string> {
  const drops = new Map<NetDevice, string>();
  let prev: NetDevice | null = null;
  for (const port of ports) {
    if (typeof port === "function") {
      port(skb);
      continue;
    }
    if (prev !== null && !deliverClone(k, skb, prev, drops)) {
      if (!localRcv) kfreeSkb(skb);
      return drops;
    }
    prev = port;
  }
  if (prev === null) {
    if (!localRcv) kfreeSkb(skb);
  } else if (localRcv) {
    deliverClone(k, skb, prev, drops);
  } else {
    drops.set(prev, brForwardInner(k, skb, prev));
  }
  return drops;
}

/** Sends the frame to one port; null when the port is not to have it. @kernel br_forward net/bridge/br_forward.c v6.12 */
export function brForward(k: NetKernel, skb: SkBuff, port: NetDevice | null): void {
  if (port === null) kfreeSkb(skb);
  else brForwardInner(k, skb, port);
}

/** @kernel should_deliver net/bridge/br_forward.c v6.12 */
export const shouldDeliver = (port: BridgePort, from: BridgePort): boolean => port.hairpin || port !== from;

export interface MulticastTarget {
  readonly bridge: Bridge;
  readonly group: MdbEntry;
  /** Where the frame came in. */
  readonly from: BridgePort;
}

/**
 * Sends the frame to the ports of a group and to those with multicast routers, each once; a port that wants unicast
 * gets a copy of its own for each receiver. Ownership is as in br_flood.
 *
 * @kernel br_multicast_flood net/bridge/br_forward.c v6.12
 */
export function brMulticastFlood(k: NetKernel, skb: SkBuff, target: MulticastTarget, localRcv: boolean): void {
  const { bridge, group, from } = target;
  const place = (port: BridgePort): number => bridge.ports.indexOf(port);
  const members = [...group.ports].sort((a, b) => place(a.port) - place(b.port));
  const routers = [...bridge.routerPorts].sort((a, b) => place(a) - place(b));
  const steps: Step[] = [];
  let m = 0;
  let r = 0;
  while (m < members.length || r < routers.length) {
    const member = members[m];
    const router = routers[r];
    const memberPlace = member === undefined ? Number.POSITIVE_INFINITY : place(member.port);
    const routerPlace = router === undefined ? Number.POSITIVE_INFINITY : place(router);
    if (member !== undefined && memberPlace < routerPlace) {
      const { port, unicastTo } = member;
      if (unicastTo !== undefined) steps.push((one) => maybeDeliverAddr(k, one, target, port, unicastTo));
      else if (shouldDeliver(port, from)) steps.push(port.device);
    } else if (router !== undefined && shouldDeliver(router, from)) {
      // A port in both lists is served here, without being asked what it wants as a member.
      steps.push(router.device);
    }
    const served = Math.min(memberPlace, routerPlace);
    if (memberPlace <= served) m++;
    if (routerPlace <= served) r++;
  }
  brFlood(k, skb, steps, localRcv);
}

/** @kernel maybe_deliver_addr net/bridge/br_forward.c v6.12 */
function maybeDeliverAddr(
  k: NetKernel,
  skb: SkBuff,
  { bridge, from }: MulticastTarget,
  port: BridgePort,
  address: Uint8Array,
): void {
  if (!shouldDeliver(port, from)) return;
  const source = bytesAt(skb, skb.macHeader + ETH_SOURCE, ETH_ALEN);
  if (port === from && equalBytes(source, address)) return;
  const copy = k.brForward.copyForAddress(skb);
  if (copy === null) {
    bridge.txDropped++;
    return;
  }
  putBytes(copy, copy.macHeader + ETH_DEST, address);
  brForwardInner(k, copy, port.device);
}

/** @kernel deliver_clone net/bridge/br_forward.c */
function deliverClone(k: NetKernel, skb: SkBuff, port: NetDevice, drops: Map<NetDevice, string>): boolean {
  const clone = skbClone(skb);
  if (clone === null) {
    drops.set(port, "clone");
    return false;
  }
  drops.set(port, brForwardInner(k, clone, port));
  return true;
}

/**
 * Sends one packet out of one port; `data` is behind the Ethernet header.
 *
 * @kernel __br_forward and br_dev_queue_push_xmit net/bridge/br_forward.c v6.12
 */
export function brForwardInner(k: NetKernel, skb: SkBuff, port: NetDevice): string {
  if (skbWarnIfLro(skb)) {
    kfreeSkb(skb);
    return "lro";
  }
  skb.dev = port;
  if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
  skbPush(skb, ETH_HLEN);
  if (!isSkbForwardable(port, skb)) {
    kfreeSkb(skb);
    return "not-forwardable";
  }
  if (skb.ipSummed === CHECKSUM_PARTIAL && isVlanType(skb.protocol)) {
    const { type, depth } = skbNetworkProtocol(skb);
    if (type === 0) {
      kfreeSkb(skb);
      return "vlan";
    }
    skb.networkHeader = skb.data + depth;
  }
  skbResetMacHeader(skb);
  return devQueueXmit(k, skb, port);
}
