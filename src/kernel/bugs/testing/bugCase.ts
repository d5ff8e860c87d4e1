/** What shows a bug: work for a kernel to do, what mainline makes of it, and what the kernel with the bug does. */
import type { NetKernel } from "../../../net/NetKernel.js";
import { skbPushInner } from "../../../skb/pushPull.js";
import type { SkBuff } from "../../../skb/SkBuff.js";

export type BugCase = readonly [show: (k: NetKernel) => unknown, good: unknown, bad: unknown];

/** By the bug's id. */
export type BugCases = Readonly<Record<string, BugCase>>;

/** A packet as receive offload passes it up becomes one to be sent: `data` at its link header. */
export function asFrame(skb: SkBuff): SkBuff {
  skbPushInner(skb, -skb.macOffset);
  return skb;
}
