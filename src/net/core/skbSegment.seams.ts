/** The decisions of skb_segment that a released kernel once got wrong. */

import { GSO_BY_FRAGS } from "../../abi/features.js";
import type { Errno } from "../../skb/errno.js";
import type { Frag } from "../../skb/Page.js";
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

  /** The fragments of a piece, read after `prepare` made sure that they may be shared: that may replace them. */
  fragsToWalk: (piece: SkBuff, prepare: () => Errno): readonly Frag[] | Errno => {
    const err = prepare();
    return err !== 0 ? err : piece.shinfo.frags;
  },
};
export type SkbSegmentSeams = typeof skbSegmentSeams;
