/** The decisions of skb_segment that a released kernel once got wrong. */

import { GSO_BY_FRAGS } from "../../abi/features.js";
import { skbZerocopyClone } from "../../skb/clone.js";
import type { Errno } from "../../skb/errno.js";
import { skbOrphanFrags } from "../../skb/expand.js";
import type { Frag } from "../../skb/Page.js";
import { SKBFL_SHARED_FRAG } from "../../skb/SharedInfo.js";
import type { SkBuff } from "../../skb/SkBuff.js";

export const skbSegmentSeams = {
  /** How many gso_size units one output packet may hold. The product stays below GSO_BY_FRAGS, which means something else. */
  partialSegs: (len: number, mss: number): number => Math.floor(Math.min(len, GSO_BY_FRAGS - 1) / mss),

  /** Whether some member has linear bytes that cannot be turned into a page fragment: then nothing can be shared. */
  hasUnsharableMember: (list: SkBuff | null): boolean => {
    for (let member = list; member !== null; member = member.next) {
      if (member.headlen > 0 && !member.headFrag) return true;
    }
    return false;
  },

  /** Whether a segment of `len` bytes that starts on a member is a clone of it; linear bytes are copied otherwise. */
  clonesMember: (member: SkBuff, len: number, sg: boolean): boolean =>
    member.headlen > 0 && (member.headlen === len || sg),

  /** Copies user memory whose owner does not wait for more than one holder. */
  orphanFrags: (piece: SkBuff): Errno => skbOrphanFrags(piece),

  /** Makes a segment one of those that the owner of the piece's user memory waits for. */
  holdUserMemory: (seg: SkBuff, piece: SkBuff): Errno => skbZerocopyClone(seg, piece),

  /** The mark that others may write to fragments, of the piece that they really come from. */
  sharedFragOf: (piece: SkBuff): number => piece.shinfo.flags & SKBFL_SHARED_FRAG,

  /** The fragments of a piece, read after `prepare` made sure that they may be shared: that may replace them. */
  fragsToWalk: (piece: SkBuff, prepare: () => Errno): readonly Frag[] | Errno => {
    const err = prepare();
    return err !== 0 ? err : piece.shinfo.frags;
  },
};
export type SkbSegmentSeams = typeof skbSegmentSeams;
