/**
 * The context of one receive queue and the ways into receive offload. Left out: interrupts, busy polling and timers;
 * whoever polls says what time it is.
 */

import { CHECKSUM_NONE } from "../../../abi/features.js";
import { nullDeref } from "../../../memory/fault.js";
import type { Memory } from "../../../memory/Memory.js";
import { allocSkb, NET_SKB_PAD } from "../../../skb/alloc.js";
import { kfreeSkb, skbReleaseHeadState } from "../../../skb/free.js";
import type { Frag } from "../../../skb/Page.js";
import { skbPullInner, skbPushInner, skbReserve, skbResetMacHeader } from "../../../skb/pushPull.js";
import { PACKET_HOST, type SkBuff } from "../../../skb/SkBuff.js";
import { ETH_HLEN } from "../../../wire/ethernet.js";
import { ethTypeTrans } from "../../ethernet/eth.js";
import type { NetKernel } from "../../NetKernel.js";
import type { NetDevice } from "../NetDevice.js";
import { devGroReceive, GRO_HASH_BUCKETS, type GroVerdict, groNormalList, groNormalOne, napiGroFlush } from "./gro.js";
import { groPullFromFrag0, skbGroHeaderSlow, skbGroMayPull, skbGroResetOffset } from "./groHeader.js";
import { NAPI_GRO_FREE_STOLEN_HEAD, napiGroCb } from "./napiGroCb.js";

/** @kernel NAPI_POLL_WEIGHT include/linux/netdevice.h */
export const NAPI_POLL_WEIGHT = 64;
/** Linear room of a packet whose bytes lie in fragments. @kernel GRO_MAX_HEAD include/net/gro.h, tunnels enabled */
const GRO_MAX_HEAD = 304;

export interface NapiOptions {
  /** Packets that are collected before the stack is entered. @kernel net.core.gro_normal_batch */
  readonly groNormalBatch?: number;
  /** Not 0: what was queued in this jiffy survives a completion that did work. @kernel gro_flush_timeout */
  readonly groFlushTimeout?: number;
  /** Polls without work that behave as if they had done some. @kernel napi_defer_hard_irqs */
  readonly deferHardIrqs?: number;
}

/** @kernel struct napi_struct include/linux/netdevice.h */
export class Napi {
  /** Held packets by hash, youngest first. @kernel gro_hash */
  readonly buckets: readonly SkBuff[][] = Array.from({ length: GRO_HASH_BUCKETS }, () => []);
  /** A bit for each bucket that holds something. */
  groBitmask = 0;
  readonly rxList: SkBuff[] = [];
  rxCount = 0;
  /** The time, which only whoever polls moves on. */
  jiffies = 0;
  /** The spare packet of napi_get_frags. */
  skb: SkBuff | null = null;
  deferHardIrqsCount = 0;
  readonly groNormalBatch: number;
  readonly groFlushTimeout: number;
  readonly deferHardIrqs: number;

  constructor(
    readonly dev: NetDevice,
    /** Takes each packet that goes up, in order, and owns it from then on. */
    readonly deliver: (skb: SkBuff) => void,
    options: NapiOptions = {},
  ) {
    this.groNormalBatch = options.groNormalBatch ?? 8;
    this.groFlushTimeout = options.groFlushTimeout ?? 0;
    this.deferHardIrqs = options.deferHardIrqs ?? 0;
  }
}

/**
 * Takes a packet whose `data` is at its network header, its link header in front and `dev` set.
 *
 * @kernel napi_gro_receive net/core/gro.c v6.12
 */
export function napiGroReceive(k: NetKernel, napi: Napi, skb: SkBuff): GroVerdict {
  skbGroResetOffset(skb);
  const verdict = devGroReceive(k, napi, skb);
  if (verdict === "NORMAL") groNormalOne(napi, skb, 1);
  if (verdict === "MERGED_FREE") {
    if (napiGroCb(skb).free === NAPI_GRO_FREE_STOLEN_HEAD) napiSkbFreeStolenHead(skb);
    else kfreeSkb(skb);
  }
  return verdict;
}

/** Frees the structure alone: a fragment has taken over the head's page. @kernel napi_skb_free_stolen_head */
function napiSkbFreeStolenHead(skb: SkBuff): void {
  skbReleaseHeadState(skb);
  skb.head.abandon();
  skb.users = 0;
  skb.mem.skbs--;
}

/**
 * The spare packet, to be filled with fragments and handed to `napiGroFrags`; null when there is no memory for one.
 *
 * @kernel napi_get_frags net/core/gro.c v6.12
 */
export function napiGetFrags(napi: Napi, mem: Memory): SkBuff | null {
  if (napi.skb !== null) return napi.skb;
  const skb = allocSkb(mem, GRO_MAX_HEAD + NET_SKB_PAD);
  if (skb === null) return null;
  skbReserve(skb, NET_SKB_PAD);
  skb.dev = napi.dev;
  napi.skb = skb;
  return skb;
}

/** Gives the spare packet up with all its fragments. @kernel napi_free_frags include/linux/netdevice.h */
export function napiFreeFrags(napi: Napi): void {
  kfreeSkb(napi.skb);
  napi.skb = null;
}

/**
 * Takes the spare packet, whose `data` is at its link header; at least that much must be there.
 *
 * @kernel napi_gro_frags net/core/gro.c v6.12
 */
export function napiGroFrags(k: NetKernel, napi: Napi): GroVerdict {
  const skb = napiFragsSkb(k, napi);
  // The kernel does not look whether there is a packet.
  if (skb === null) throw nullDeref("gro-frags-short");
  const verdict = devGroReceive(k, napi, skb);
  switch (verdict) {
    case "NORMAL":
    case "HELD":
      skbPushInner(skb, ETH_HLEN);
      ethTypeTrans(skb, (skb.dev as NetDevice).address);
      if (verdict === "NORMAL") groNormalOne(napi, skb, 1);
      break;
    case "MERGED_FREE":
      if (napiGroCb(skb).free === NAPI_GRO_FREE_STOLEN_HEAD) napiSkbFreeStolenHead(skb);
      else napiReuseSkb(napi, skb);
      break;
    default:
  }
  return verdict;
}

/** The spare packet with its link header linear and pulled. @kernel napi_frags_skb net/core/gro.c v6.12 */
function napiFragsSkb(k: NetKernel, napi: Napi): SkBuff | null {
  const skb = napi.skb;
  if (skb === null) throw nullDeref("gro-frags-none");
  napi.skb = null;
  skbResetMacHeader(skb);
  skbGroResetOffset(skb);
  const cb = napiGroCb(skb);
  let cameFrom: Frag | undefined;
  if (!skbGroMayPull(skb, ETH_HLEN)) {
    if (!skbGroHeaderSlow(skb, ETH_HLEN)) {
      napiReuseSkb(napi, skb);
      return null;
    }
  } else if (cb.frag0InFrag) {
    cameFrom = skb.shinfo.frags[0];
    groPullFromFrag0(skb, ETH_HLEN);
  }
  cb.frag0Len -= ETH_HLEN;
  skb.protocol = k.gro.etherProto(skb, cameFrom);
  skbPullInner(skb, ETH_HLEN);
  return skb;
}

/** Empties a packet and keeps it as the spare one; its header offsets stay. @kernel napi_reuse_skb net/core/gro.c v6.12 */
function napiReuseSkb(napi: Napi, skb: SkBuff): void {
  skbPullInner(skb, skb.headlen);
  skbReserve(skb, NET_SKB_PAD - skb.headroom);
  skb.vlanProto = 0;
  skb.vlanTci = 0;
  skb.dev = napi.dev;
  skb.pktType = PACKET_HOST;
  skb.encapsulation = false;
  skb.ipSummed = CHECKSUM_NONE;
  skb.shinfo.gsoType = 0;
  skb.shinfo.gsoSize = 0;
  if (skb.slowGro) {
    skbReleaseHeadState(skb);
    skb.destructor = "";
    skb.sk = null;
    skb.nfct = null;
    skb.extensions = null;
    skb.slowGro = false;
  }
  napi.skb = skb;
}

/**
 * The end of a poll that took `work` packets, fewer than it might have: flushes, and passes everything up. False when
 * the queue stays scheduled for its timer.
 *
 * @kernel napi_complete_done net/core/dev.c v6.12
 */
export function napiComplete(k: NetKernel, napi: Napi, work = 0): boolean {
  let timeout = 0;
  let done = true;
  if (work > 0) {
    if (napi.groBitmask !== 0) timeout = napi.groFlushTimeout;
    napi.deferHardIrqsCount = napi.deferHardIrqs;
  }
  if (napi.deferHardIrqsCount > 0) {
    napi.deferHardIrqsCount--;
    timeout = napi.groFlushTimeout;
    if (timeout !== 0) done = false;
  }
  if (napi.groBitmask !== 0) napiGroFlush(k, napi, timeout !== 0);
  groNormalList(napi);
  return done;
}

/**
 * The end of a poll that took all it might: it will be polled again, with nothing held until then. Clocks tick too
 * rarely here for a packet of this jiffy to be worth keeping.
 *
 * @kernel __napi_poll net/core/dev.c v6.12, HZ below 1000
 */
export function napiWeightUsed(k: NetKernel, napi: Napi): void {
  if (napi.groBitmask !== 0) napiGroFlush(k, napi, false);
  groNormalList(napi);
}
