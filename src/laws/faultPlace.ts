/** Where a fault happened, as a reader looks for it: the primitive that stopped, and who called it. */
import type { Fault, Run } from "../recipe/Run.js";
import { gsoKind } from "./gsoKind.js";

/** Functions that many call: the caller says more than they do. */
const PRIMITIVE = /^(__)?p?skb_(?!segment|gso|udp)/;

/** `BUG(pull) in __skb_pull from udpv6_queue_rcv_skb (fraglist)`. */
export function faultPlace(run: Run, { kind, id, holder, site }: Fault): string {
  const innermost = site[0] ?? "an unknown function";
  const caller = PRIMITIVE.test(innermost) ? site.find((symbol) => !PRIMITIVE.test(symbol)) : undefined;
  return `${kind}(${id}) in ${innermost}${caller === undefined ? "" : ` from ${caller}`} (${gsoKind(run, holder)})`;
}
