/** Packets that a device merged in a way that cannot be undone. */
import type { SkBuff } from "../../skb/SkBuff.js";

/** Such packets end here: they must not be sent on. @kernel skb_warn_if_lro include/linux/skbuff.h v6.12 */
export function skbWarnIfLro(skb: SkBuff): boolean {
  if (!skb.isNonlinear) return false;
  const shinfo = skb.shinfo;
  return shinfo.gsoSize !== 0 && shinfo.gsoType === 0;
}
