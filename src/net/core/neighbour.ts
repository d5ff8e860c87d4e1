/** The last step in front of the device: the link header. Left out: resolving, states and timers of neighbours. */

import { skbDataAlign } from "../../skb/alloc.js";
import { putBytes, writeU16 } from "../../skb/bytes.js";
import { skbClone } from "../../skb/clone.js";
import { ENOMEM, type Errno } from "../../skb/errno.js";
import { pskbExpandHead } from "../../skb/expand.js";
import { consumeSkb, kfreeSkb, skbShared } from "../../skb/free.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import { skbPush, skbResetMacHeader } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_DEST, ETH_HLEN, ETH_PROTO, ETH_SOURCE } from "../../wire/ethernet.js";
import type { NetKernel } from "../NetKernel.js";
import { devQueueXmit } from "./dev.js";
import type { Netns, Route } from "./Netns.js";

/** Headroom for a link header, aligned as its cached copy is. @kernel LL_RESERVED_SPACE include/linux/netdevice.h */
export const LL_RESERVED_SPACE = 16;

/**
 * At least `headroom` bytes in front of `data`; null, with the packet freed, when memory runs out.
 *
 * @kernel skb_expand_head net/core/skbuff.c v6.12
 */
export function skbExpandHead(original: SkBuff, headroom: number): SkBuff | null {
  let skb = original;
  const delta = headroom - skb.headroom;
  if (delta <= 0) return skb;
  const { sk } = skb;
  const isCharged = skb.destructor === "sock_wfree";
  if (skbShared(skb) || !isCharged) {
    const clone = skbClone(skb);
    if (clone === null) {
      kfreeSkb(skb);
      return null;
    }
    if (sk !== null) skbSetOwnerW(clone, sk);
    consumeSkb(skb);
    skb = clone;
  }
  const end = skb.end;
  if (pskbExpandHead(skb, skbDataAlign(delta), 0) !== 0) {
    kfreeSkb(skb);
    return null;
  }
  if (sk !== null) {
    sk.wmemAlloc += skb.end - end;
    skb.truesize += skb.end - end;
  }
  return skb;
}

/**
 * Sends an IP packet over its route; `data` is at the network header. What the device's queue drops later is not told.
 *
 * @kernel ip_finish_output2 net/ipv4/ip_output.c, ip6_finish_output2 net/ipv6/ip6_output.c, neigh_connected_output v6.12
 */
export function neighOutput(k: NetKernel, net: Netns, packet: SkBuff, route: Route): Errno {
  const skb = skbExpandHead(packet, LL_RESERVED_SPACE);
  if (skb === null) return -ENOMEM;
  const through = net.interfaceOf(route.device);
  const source = through?.address;
  // Nobody resolves addresses behind the loopback device: everything is for ourselves.
  const dest = through?.isLoopback ? source : net.neighbour(route.nexthop);
  if (dest === undefined || source === undefined) {
    net.drop("neigh_event_send", "NEIGH_FAILED");
    kfreeSkb(skb);
    return 0;
  }
  ethHeader(skb, dest, source);
  skbResetMacHeader(skb);
  devQueueXmit(k, skb, route.device);
  return 0;
}

/** @kernel eth_header net/ethernet/eth.c */
function ethHeader(skb: SkBuff, dest: Uint8Array, source: Uint8Array): void {
  skbPush(skb, ETH_HLEN);
  putBytes(skb, skb.data + ETH_DEST, dest);
  putBytes(skb, skb.data + ETH_SOURCE, source);
  writeU16(skb, skb.data + ETH_PROTO, skb.protocol);
}
