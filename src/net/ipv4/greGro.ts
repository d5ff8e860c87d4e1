/** Receive offload of packets inside GRE: one level, version 0, with a key and a checksum at most. */
import { readU16, readU32 } from "../../skb/bytes.js";
import { ENOENT, type Errno } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { GRE_BASE_HLEN, GRE_CSUM, GRE_FLAGS, GRE_KEY, GRE_PROTO, IPPROTO_GRE } from "../../wire/gre.js";
import { callGroReceive, skbGroFlushFinal } from "../core/gro/callback.js";
import {
  nullComputePseudo,
  skbGroChecksumSimpleValidate,
  skbGroChecksumTryConvert,
  skbGroPostpullRcsum,
} from "../core/gro/checksum.js";
import { groReadU16, groReadU32, skbGroHeader } from "../core/gro/groHeader.js";
import { napiGroCb, skbGroOffset, skbGroPull } from "../core/gro/napiGroCb.js";
import type { GroCallbacks, GroResult, NetKernel } from "../NetKernel.js";

/** @kernel GRE_HEADER_SECTION include/net/gre.h */
const GRE_HEADER_SECTION = 4;

function greLengthOf(flags: number): number {
  return GRE_BASE_HLEN + (flags & GRE_KEY ? GRE_HEADER_SECTION : 0) + (flags & GRE_CSUM ? GRE_HEADER_SECTION : 0);
}

/** @kernel gre_gro_receive net/ipv4/gre_offload.c v6.12 */
export function greGroReceive(k: NetKernel, held: readonly SkBuff[], skb: SkBuff): GroResult {
  const inner = greParse(k, held, skb);
  if (inner === null) {
    skbGroFlushFinal(skb, null, 1);
    return null;
  }
  const pp = callGroReceive(k, inner.receive, held, skb);
  skbGroFlushFinal(skb, pp, 0);
  return pp;
}

/**
 * Takes the header off and tells the held packets of this tunnel from others. Returns who receives what is inside, or
 * null where nothing may be merged. The second level of encapsulation finds the mark of the first.
 */
function greParse(k: NetKernel, held: readonly SkBuff[], skb: SkBuff): GroCallbacks | null {
  const cb = napiGroCb(skb);
  if (cb.encapMark) return null;
  cb.encapMark = true;

  const off = skbGroOffset(skb);
  if (!skbGroHeader(skb, off, GRE_BASE_HLEN)) return null;
  const flags = groReadU16(skb, off + GRE_FLAGS);
  // A sequence number, or another version, could not be given to the segments of a forwarded aggregate.
  if ((flags & ~(GRE_KEY | GRE_CSUM)) !== 0) return null;
  // Inside UDP the place of this header is not remembered, so nobody could fill its checksum in again.
  if (flags & GRE_CSUM && cb.isFou) return null;
  const inner = k.offloads.packetGro.get(groReadU16(skb, off + GRE_PROTO));
  if (inner === undefined) return null;

  const grehlen = greLengthOf(flags);
  if (!skbGroHeader(skb, off, grehlen)) return null;
  if (flags & GRE_CSUM && cb.flush === 0) {
    if (!skbGroChecksumSimpleValidate(skb)) return null;
    skbGroChecksumTryConvert(skb, IPPROTO_GRE, nullComputePseudo);
  }
  greCompare(held, skb, off, flags);
  skbGroPull(skb, grehlen);
  skbGroPostpullRcsum(skb, off, grehlen);
  return inner;
}

/** One tunnel: the same flags, protocol and key. With a checksum its word is compared, since it lies before the key. */
function greCompare(held: readonly SkBuff[], skb: SkBuff, off: number, flags: number): void {
  const base = groReadU32(skb, off + GRE_FLAGS);
  for (const p of held) {
    const cb = napiGroCb(p);
    if (!cb.sameFlow) continue;
    const greh2 = p.data + off;
    const isSame =
      readU32(p, greh2 + GRE_FLAGS) === base &&
      (!(flags & GRE_KEY) || readU32(p, greh2 + GRE_BASE_HLEN) === groReadU32(skb, off + GRE_BASE_HLEN));
    if (!isSame) cb.sameFlow = false;
  }
}

/** @kernel gre_gro_complete net/ipv4/gre_offload.c v6.12 */
export function greGroComplete(k: NetKernel, skb: SkBuff, nhoff: number): Errno {
  const greh = skb.data + nhoff;
  const flags = readU16(skb, greh + GRE_FLAGS);
  skb.encapsulation = true;
  skb.shinfo.gsoType = k.greGro.completedType((flags & GRE_CSUM) !== 0);
  const innerOffset = nhoff + greLengthOf(flags);
  const inner = k.offloads.packetGro.get(readU16(skb, greh + GRE_PROTO));
  const err = inner === undefined ? -ENOENT : inner.complete(k, skb, innerOffset);
  skb.innerMacHeader = skb.data + innerOffset;
  return err;
}

/** @kernel gre_offload net/ipv4/gre_offload.c */
export const greGro: GroCallbacks = { receive: greGroReceive, complete: greGroComplete };
