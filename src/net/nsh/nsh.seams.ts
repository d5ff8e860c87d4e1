/** The decisions of NSH segmentation that a released kernel once got wrong. */
import { skbPushInner, skbResetMacHeader } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";

/** What the packet was before its service header was taken off. Lengths in bytes. */
export interface NshOuter {
  readonly protocol: number;
  /** Offset from head. */
  readonly macHeader: number;
  readonly macLen: number;
  /** From the MAC header to the service header. */
  readonly outerHlen: number;
  readonly nshLen: number;
}

export const nshSeams = {
  /** The MAC header to put back when the inner packet was not cut; the inner handler may have moved the others. */
  macHeaderToRestore: (_skb: SkBuff, outer: NshOuter): number => outer.macHeader,

  /** Gives a segment its service header and everything in front of it again. */
  restoreOuter: (seg: SkBuff, outer: NshOuter): void => {
    seg.protocol = outer.protocol;
    skbPushInner(seg, outer.nshLen + outer.outerHlen);
    skbResetMacHeader(seg);
    seg.networkHeader = (seg.data + outer.outerHlen) & 0xffff;
    seg.macLen = outer.macLen;
  },
};
export type NshSeams = typeof nshSeams;
