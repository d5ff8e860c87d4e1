/** The decisions of merging that a released kernel once got wrong, or that differ between releases. */

import { SKBFL_SHARED_FRAG, SKBFL_ZEROCOPY_ENABLE } from "../../../skb/SharedInfo.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../../wire/ethernet.js";
import { HOP_JUMBO_HLEN } from "../../../wire/ipv6Ext.js";
import { IPPROTO_TCP } from "../../../wire/tcp.js";
import type { NetDevice } from "../NetDevice.js";
import { napiGroCb, skbGroOffset } from "./napiGroCb.js";

/** @kernel skb_zcopy include/linux/skbuff.h */
const skbZcopy = (skb: SkBuff): boolean => (skb.shinfo.flags & SKBFL_ZEROCOPY_ENABLE) !== 0;

export const groMergeSeams = {
  /** Fragments of user memory may have no reference of their own that could move along. */
  mayMoveFrags: (p: SkBuff, skb: SkBuff): boolean => !skbZcopy(p) && !skbZcopy(skb),

  /** What an aggregate of this family may grow to. @kernel netif_get_gro_max_size include/linux/netdevice.h */
  groMaxSize: (p: SkBuff): number => {
    const { receive } = p.dev as NetDevice;
    return p.protocol === ETH_P_IPV6 ? receive.groMaxSize : receive.groIpv4MaxSize;
  },

  /** Lengths of 64 KiB and more need BIG TCP: no tunnel, and for IPv6 room in front of the link header. */
  mayExceedLegacySize: (p: SkBuff, skb: SkBuff): boolean => {
    const cb = napiGroCb(skb);
    if (cb.proto !== IPPROTO_TCP || cb.encapMark || p.encapsulation) return false;
    if (p.protocol === ETH_P_IPV6) return p.macHeader >= HOP_JUMBO_HLEN;
    return p.protocol === ETH_P_IP;
  },

  /** A chained packet's linear payload cannot be cut later on, so it has to fit into one segment. */
  mayChain: (p: SkBuff, skb: SkBuff): boolean => skb.headlen <= skbGroOffset(skb) + p.shinfo.gsoSize,

  /** A packet that must not be merged, such as a list already, makes no list member. */
  refusesAsMember: (skb: SkBuff): boolean => napiGroCb(skb).flush !== 0,

  /** The charge to an owner moves to the aggregate whole. */
  disown: (skb: SkBuff): void => {
    skb.destructor = "";
    skb.sk = null;
  },

  /** Whoever receives fragments receives the mark that others may write to them. */
  carrySharedFrag: (to: SkBuff, from: SkBuff): void => {
    const shared = from.shinfo.flags & SKBFL_SHARED_FRAG;
    if (shared !== 0) to.shinfo.flags |= shared;
  },
};
export type GroMergeSeams = typeof groMergeSeams;
