/** The decisions of skb_segment_list that a released kernel once got wrong. */
import { skbClone } from "../../skb/clone.js";
import { ENOMEM, type Errno } from "../../skb/errno.js";
import { skbUnclone } from "../../skb/expand.js";
import { consumeSkb, skbReleaseHeadState, skbShared } from "../../skb/free.js";
import type { SkBuff } from "../../skb/SkBuff.js";

export const skbSegmentListSeams = {
  /** Makes head and shared info private before the first write to either. */
  makeHeadWritable: (skb: SkBuff): Errno => skbUnclone(skb),

  /** Whether the loop over the members is entered at all. */
  entersLoop: (list: SkBuff | null): boolean => list !== null,

  /** A member that others hold too is replaced by a private clone; on an error `member` is what remains to be freed. */
  takeOwnership: (member: SkBuff): { member: SkBuff; err: Errno } => {
    if (!skbShared(member)) return { member, err: 0 };
    const clone = skbClone(member);
    if (clone === null) return { member, err: -ENOMEM };
    consumeSkb(member);
    return { member: clone, err: skbUnclone(clone) };
  },

  /** Drops what the member itself holds, before the head's state is copied over it. */
  releaseMemberState: (member: SkBuff): void => skbReleaseHeadState(member),

  /** What is taken off the head's truesize for a member, sampled before and after it was made private: nothing. */
  truesizeBefore: (_member: SkBuff): number => 0,
  truesizeAfter: (_member: SkBuff): number => 0,
};
export type SkbSegmentListSeams = typeof skbSegmentListSeams;
