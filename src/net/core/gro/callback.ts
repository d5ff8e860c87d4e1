/** How one layer of receive offload calls the next. */
import { EINPROGRESS } from "../../../skb/errno.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import type { GroReceive, GroResult, NetKernel } from "../../NetKernel.js";
import { napiGroCb } from "./napiGroCb.js";

/** Receive callbacks inside each other. @kernel GRO_RECURSION_LIMIT include/net/gro.h */
export const GRO_RECURSION_LIMIT = 15;
/** The counter's width. */
const RECURSION_MASK = 0xf;

/** Asks the next layer, unless too many have been asked. @kernel call_gro_receive include/net/gro.h v6.12 */
export function callGroReceive(k: NetKernel, receive: GroReceive, held: readonly SkBuff[], skb: SkBuff): GroResult {
  const cb = napiGroCb(skb);
  cb.recursionCounter = (cb.recursionCounter + 1) & RECURSION_MASK;
  if (cb.recursionCounter === GRO_RECURSION_LIMIT) {
    cb.flush |= 1;
    return null;
  }
  return receive(k, held, skb);
}

/** Whether somebody else took the packet over. */
export const isConsumed = (pp: GroResult): boolean => pp === -EINPROGRESS;

/** Adds a layer's own verdict. @kernel skb_gro_flush_final include/net/gro.h v6.12 */
export function skbGroFlushFinal(skb: SkBuff, pp: GroResult, flush: number): void {
  if (!isConsumed(pp)) napiGroCb(skb).flush |= flush;
}
