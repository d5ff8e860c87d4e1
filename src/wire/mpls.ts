/** MPLS label stacks (RFC 3032, RFC 5462, include/uapi/linux/mpls.h). */
import { putU32 } from "../bytes/view.js";

/** One entry of the stack. */
export const MPLS_HLEN = 4;

const LABEL_SHIFT = 12;
const TC_SHIFT = 9;
const BOTTOM_SHIFT = 8;

export interface MplsEntry {
  /** Twenty bits. */
  readonly label: number;
  /** Three bits. */
  readonly trafficClass: number;
  readonly ttl: number;
}

/** Writes a stack of labels, the last one marked as its bottom, at `off` and returns its length. */
export function emitMpls(buf: Uint8Array, off: number, stack: readonly MplsEntry[]): number {
  stack.forEach(({ label, trafficClass, ttl }, i) => {
    const bottom = i === stack.length - 1 ? 1 : 0;
    const word =
      ((label & 0xf_ffff) << LABEL_SHIFT) | ((trafficClass & 7) << TC_SHIFT) | (bottom << BOTTOM_SHIFT) | (ttl & 0xff);
    putU32(buf, off + MPLS_HLEN * i, word);
  });
  return MPLS_HLEN * stack.length;
}
