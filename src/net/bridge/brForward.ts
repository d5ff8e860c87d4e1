/**
 * A bridge flooding a frame: a clone for each port but one. Left out: the forwarding database, spanning tree, VLAN
 * filtering, snooping, netfilter.
 */
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../../abi/features.js";
import { skbClone } from "../../skb/clone.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbPush, skbResetMacHeader } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN, isVlanType } from "../../wire/ethernet.js";
import { VLAN_HLEN } from "../../wire/vlan.js";
import { devQueueXmit } from "../core/dev.js";
import type { NetDevice } from "../core/NetDevice.js";
import { skbNetworkProtocol } from "../core/networkProtocol.js";
import type { NetKernel } from "../NetKernel.js";

/**
 * Sends the frame to every port in order. With `localRcv` all ports get clones and the original stays with the caller;
 * without, the last port gets the original. Returns each port's reason for a drop, or the empty string.
 *
 * @kernel br_flood and maybe_deliver net/bridge/br_forward.c v6.12
 */
export function brFlood(
  k: NetKernel,
  skb: SkBuff,
  ports: readonly NetDevice[],
  localRcv: boolean,
): Map<NetDevice, string> {
  const drops = new Map<NetDevice, string>();
  let prev: NetDevice | null = null;
  for (const port of ports) {
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

/** @kernel __is_skb_forwardable include/linux/netdevice.h */
function isSkbForwardable(port: NetDevice, skb: SkBuff): boolean {
  return skb.len <= port.mtu + ETH_HLEN + VLAN_HLEN || skb.shinfo.gsoSize !== 0;
}
