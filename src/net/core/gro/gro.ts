/** The receive offload engine: finds the held packet that a new one continues, holds, completes and flushes. */
import { CHECKSUM_COMPLETE, CHECKSUM_UNNECESSARY } from "../../../abi/features.js";
import { bytesAt } from "../../../skb/bytes.js";
import { ENOENT } from "../../../skb/errno.js";
import { kfreeSkb } from "../../../skb/free.js";
import { skbResetMacLen } from "../../../skb/pushPull.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { ETH_HLEN } from "../../../wire/ethernet.js";
import type { NetKernel } from "../../NetKernel.js";
import { skbIsGso } from "../features.js";
import type { NetDevice } from "../NetDevice.js";
import { isConsumed } from "./callback.js";
import { groTryPullFromFrag0 } from "./groHeader.js";
import type { Napi } from "./napi.js";
import { napiGroCb, skbGroLen, skbGroOffset } from "./napiGroCb.js";

export const GRO_HASH_BUCKETS = 8;
/** Held packets of one bucket. */
export const MAX_GRO_SKBS = 8;

/**
 * What became of a packet: its payload or it itself is part of a held one, and in the second case a shell is to be
 * freed; it is held; it goes up as it is; somebody took it over.
 *
 * @kernel enum gro_result include/linux/netdevice.h
 */
export type GroVerdict = "MERGED" | "MERGED_FREE" | "HELD" | "NORMAL" | "CONSUMED";

/**
 * Merges, holds or passes up one packet whose control block was reset. A held packet that is complete by now is
 * delivered before anything else happens to the new one.
 *
 * @kernel dev_gro_receive net/core/gro.c v6.12
 */
export function devGroReceive(k: NetKernel, napi: Napi, skb: SkBuff): GroVerdict {
  const index = skb.hash & (GRO_HASH_BUCKETS - 1);
  const bucket = napi.buckets[index] as SkBuff[];
  const verdict = receiveInto(k, napi, bucket, skb);
  if (verdict === "NORMAL") groTryPullFromFrag0(skb);
  if (bucket.length > 0) napi.groBitmask |= 1 << index;
  else napi.groBitmask &= ~(1 << index);
  return verdict;
}

function receiveInto(k: NetKernel, napi: Napi, bucket: SkBuff[], skb: SkBuff): GroVerdict {
  if (!(skb.dev as NetDevice).receive.gro) return "NORMAL";
  groListPrepare(bucket, skb);
  const handler = k.offloads.packetGro.get(skb.protocol);
  if (handler === undefined) return "NORMAL";
  groStart(k, skb);
  const pp = handler.receive(k, bucket, skb);
  if (isConsumed(pp)) return "CONSUMED";

  const cb = napiGroCb(skb);
  const merged = cb.free !== 0 ? "MERGED_FREE" : "MERGED";
  if (pp !== null) {
    const held = pp as SkBuff;
    unlink(bucket, held);
    napiGroComplete(k, napi, held);
  }
  if (cb.sameFlow) return merged;
  if (cb.flush !== 0) return "NORMAL";

  if (bucket.length >= MAX_GRO_SKBS) napiGroComplete(k, napi, bucket.pop() as SkBuff);
  groTryPullFromFrag0(skb);
  cb.age = napi.jiffies;
  cb.last = skb;
  if (!skbIsGso(skb)) skb.shinfo.gsoSize = skbGroLen(skb);
  bucket.unshift(skb);
  skb.mem.onStep?.(`${skb.name} is held by receive offload`);
  return "HELD";
}

/** Sets the control block and the header offsets up for the network layer. */
function groStart(k: NetKernel, skb: SkBuff): void {
  const cb = napiGroCb(skb);
  skb.networkHeader = (skb.data + skbGroOffset(skb)) & 0xffff;
  skbResetMacLen(skb);
  cb.clearZeroed();
  const shinfo = skb.shinfo;
  cb.flush = shinfo.fragList !== null ? 1 : 0;
  cb.count = 1;
  if (skbIsGso(skb)) {
    cb.count = shinfo.gsoSegs;
    if (!k.gro.isTrustedGso(shinfo.gsoType)) cb.flush = 1;
  }
  if (skb.ipSummed === CHECKSUM_COMPLETE) {
    cb.csum = skb.csum;
    cb.csumValid = true;
  } else if (skb.ipSummed === CHECKSUM_UNNECESSARY) {
    cb.csumCnt = skb.csumLevel + 1;
  }
}

function unlink(bucket: SkBuff[], held: SkBuff): void {
  const at = bucket.indexOf(held);
  if (at >= 0) bucket.splice(at, 1);
  // A packet that is not in the list has been delivered already: unlinking it follows poisoned pointers.
  else throw held.mem.invalid("use-after-free", held.name, "gro list");
}

/** Finds out which held packets may be of the same flow. @kernel gro_list_prepare net/core/gro.c v6.12 */
function groListPrepare(bucket: readonly SkBuff[], skb: SkBuff): void {
  for (const p of bucket) napiGroCb(p).sameFlow = p.hash === skb.hash && describesSame(p, skb);
}

function describesSame(p: SkBuff, skb: SkBuff): boolean {
  if (p.dev !== skb.dev || p.vlanProto !== skb.vlanProto || p.vlanTci !== skb.vlanTci) return false;
  if (metadataDiffers(p, skb) || !sameBytes(macHeaderOf(p), macHeaderOf(skb))) return false;
  if (!skb.slowGro && !p.slowGro) return true;
  return p.sk === skb.sk && p.dst === skb.dst && p.nfct === skb.nfct && p.extensions === skb.extensions;
}

const macHeaderOf = (skb: SkBuff): Uint8Array => bytesAt(skb, skb.macHeader, ETH_HLEN);

/** What XDP left in front of the link header. @kernel skb_metadata_differs include/linux/skbuff.h */
function metadataDiffers(p: SkBuff, skb: SkBuff): boolean {
  const len = skb.shinfo.metaLen;
  if (p.shinfo.metaLen !== len) return true;
  return len > 0 && !sameBytes(bytesAt(p, p.macHeader - len, len), bytesAt(skb, skb.macHeader - len, len));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}

/**
 * Makes a packet of what was held and passes it up; when a header cannot be finished, everything in it is lost.
 *
 * @kernel napi_gro_complete net/core/gro.c v6.12
 */
export function napiGroComplete(k: NetKernel, napi: Napi, skb: SkBuff): void {
  const cb = napiGroCb(skb);
  if (cb.count === 1) {
    skb.shinfo.gsoSize = 0;
  } else {
    skb.encapsulation = false;
    const handler = k.offloads.packetGro.get(skb.protocol);
    const err = handler === undefined ? -ENOENT : handler.complete(k, skb, 0);
    if (err !== 0) {
      if (handler === undefined) skb.mem.warn("WARN", "gro-no-handler");
      kfreeSkb(skb);
      return;
    }
  }
  groNormalOne(napi, skb, cb.count);
}

/** Collects packets for the stack; an aggregate counts as what it is made of. @kernel gro_normal_one include/net/gro.h */
export function groNormalOne(napi: Napi, skb: SkBuff, segs: number): void {
  napi.rxList.push(skb);
  napi.rxCount += segs;
  if (napi.rxCount >= napi.groNormalBatch) groNormalList(napi);
}

/** @kernel gro_normal_list include/net/gro.h */
export function groNormalList(napi: Napi): void {
  const list = napi.rxList.splice(0);
  napi.rxCount = 0;
  for (const skb of list) napi.deliver(skb);
}

/**
 * Completes what is held, oldest first; with `flushOld` only what was not queued in this jiffy.
 *
 * @kernel napi_gro_flush net/core/gro.c v6.12
 */
export function napiGroFlush(k: NetKernel, napi: Napi, flushOld: boolean): void {
  napi.buckets.forEach((bucket, index) => {
    for (let oldest = bucket.at(-1); oldest !== undefined; oldest = bucket.at(-1)) {
      if (flushOld && napiGroCb(oldest).age === napi.jiffies) return;
      bucket.pop();
      napiGroComplete(k, napi, oldest);
    }
    napi.groBitmask &= ~(1 << index);
  });
}
