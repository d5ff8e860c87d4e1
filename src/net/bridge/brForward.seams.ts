/** The decision of bridge forwarding that a released kernel once got wrong. */
import { pskbCopy } from "../../skb/copy.js";
import { skbPullInner, skbPushInner } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN } from "../../wire/ethernet.js";

export const brForwardSeams = {
  /**
   * A copy whose MAC header may be rewritten for one receiver; `data` is behind the MAC header. Fragments and members
   * are shared, so that a list stays one.
   */
  copyForAddress: (skb: SkBuff): SkBuff | null => {
    skbPushInner(skb, ETH_HLEN);
    const copy = pskbCopy(skb, skb.headroom);
    skbPullInner(skb, ETH_HLEN);
    if (copy !== null) skbPullInner(copy, ETH_HLEN);
    return copy;
  },
};
export type BrForwardSeams = typeof brForwardSeams;
