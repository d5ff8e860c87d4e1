/** What receive offload remembers of a packet while it is parsed and while it is held. */
import type { SkBuff } from "../../../skb/SkBuff.js";

/** How a merged packet's shell is to be freed. @kernel NAPI_GRO_FREE, NAPI_GRO_FREE_STOLEN_HEAD */
export const NAPI_GRO_FREE = 1;
export const NAPI_GRO_FREE_STOLEN_HEAD = 2;

/**
 * Left out: the overlay of the header window (frag0) with `last` and `age`, whose values are never needed together.
 *
 * @kernel struct napi_gro_cb include/net/gro.h v6.12
 */
export class NapiGroCb {
  /** The tail of the chain that payload is appended to: the packet itself, or its last list member. */
  last: SkBuff;
  /** When it was queued, in jiffies. */
  age = 0;
  /** Where parsing stands, counted from `data`: the "gro offset". */
  dataOffset = 0;
  /** Header bytes that can be read without pulling: in the linear part, or in the first fragment. */
  frag0Len = 0;
  frag0InFrag = false;
  /** Not zero: this packet must neither be merged nor held. */
  flush = 0;
  /** Segments in the aggregate. */
  count = 0;
  /** Transport protocol of the innermost IP header seen. */
  proto = 0;
  csum = 0;
  /** Offsets from `data` of the outer and the inner IP header. */
  readonly networkOffsets: [number, number] = [0, 0];

  // The group that is cleared on every entry to the engine.
  groRemcsumStart = 0;
  sameFlow = false;
  encapMark = false;
  csumValid = false;
  csumCnt = 0;
  free = 0;
  isIpv6 = false;
  isFou = false;
  /** The flow's identification does not change: of the only IP header, or the outer one; and of the inner one. */
  ipFixedid = false;
  innerIpFixedid = false;
  recursionCounter = 0;
  isFlist = false;

  constructor(skb: SkBuff) {
    this.last = skb;
  }

  /** Clears the group that dev_gro_receive zeroes in one store. */
  clearZeroed(): void {
    this.groRemcsumStart = 0;
    this.sameFlow = false;
    this.encapMark = false;
    this.csumValid = false;
    this.csumCnt = 0;
    this.free = 0;
    this.isIpv6 = false;
    this.isFou = false;
    this.ipFixedid = false;
    this.innerIpFixedid = false;
    this.recursionCounter = 0;
    this.isFlist = false;
  }
}

/** The control block of a packet that is inside receive offload. @kernel NAPI_GRO_CB include/net/gro.h */
export const napiGroCb = (skb: SkBuff): NapiGroCb => skb.cb as NapiGroCb;

/** @kernel skb_gro_offset include/net/gro.h */
export const skbGroOffset = (skb: SkBuff): number => napiGroCb(skb).dataOffset;

/** Bytes behind the gro offset. @kernel skb_gro_len include/net/gro.h */
export const skbGroLen = (skb: SkBuff): number => (skb.len - napiGroCb(skb).dataOffset) >>> 0;

/** @kernel skb_gro_pull include/net/gro.h */
export function skbGroPull(skb: SkBuff, len: number): void {
  napiGroCb(skb).dataOffset += len;
}
