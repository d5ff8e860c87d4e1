/** The decisions of packet rewriting by programs that a released kernel once got wrong. */
import { SKB_GSO_DODGY } from "../../abi/features.js";
import { ENOMEM, type Errno } from "../../skb/errno.js";
import { skbLinearize } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";

export const filterSeams = {
  /** Only the first header was translated: whoever cuts the packet has to look at all of it. */
  markTranslated: (skb: SkBuff): void => {
    skb.shinfo.gsoType |= SKB_GSO_DODGY;
  },

  /** After gso_size went down, members that begin at segment boundaries may be longer than a segment. */
  settleShrunkSegments: (skb: SkBuff): Errno => (skb.shinfo.fragList !== null && !skbLinearize(skb) ? -ENOMEM : 0),
};
export type FilterSeams = typeof filterSeams;
