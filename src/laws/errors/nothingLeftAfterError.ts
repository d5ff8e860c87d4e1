/** Half a list of segments must not outlive the call that failed. */
import type { SharedInfoView, SkbView } from "../../recipe/Run.js";
import { law } from "../law.js";
import { judgeFailures } from "./failedCalls.js";

const ZEROCOPY_FLAGS = 1 | 16;

/**
 * A call that fails may already have given the input a head of its own, while the siblings keep the old one: what the
 * input reaches now but did not before is no leak. Fewer objects are none either, for the list path gives up its
 * members. User fragments change hands in ways that a count does not show, so page references are left out there.
 */
export const nothingLeftAfterError = law({
  name: "nothing-left-after-error",
  law: "A failed segmentation leaves nothing alive that its input does not hold.",
  standsFor: ["ERR-3", "I8"],
  check: (run) =>
    judgeFailures(
      run,
      (call) => !call.interrupted,
      ({ input, liveBefore, liveAfter }, after) => {
        const gained = gainOf(input, after);
        const limits = [
          ["sk_buff", liveBefore.skbs + gained.skbs, liveAfter.skbs],
          ["head", liveBefore.heads + gained.heads, liveAfter.heads],
          ["page reference", liveBefore.pageRefs + gained.pageRefs, liveAfter.pageRefs],
        ] as const;
        return limits
          .filter(([, most, alive]) => alive > most)
          .filter(([place]) => place !== "page reference" || !hasUserMemory(input))
          .map(([place, most, alive]) => ({ place, expected: `at most ${most} alive`, received: String(alive) }));
      },
    ),
});

const hasUserMemory = ({ shinfo }: SkbView): boolean =>
  [shinfo, ...shinfo.members.map((member) => member.shinfo)].some((info) => (info.flags & ZEROCOPY_FLAGS) !== 0);

/** Objects that the input reaches only since the call. */
function gainOf(input: SkbView, after: SkbView): { skbs: number; heads: number; pageRefs: number } {
  const skbsBefore = new Set([input, ...input.shinfo.members].map((skb) => skb.serial));
  const infosBefore = new Map([input, ...input.shinfo.members].map((skb) => [skb.head, skb.shinfo]));
  const reached = [after, ...after.shinfo.members];
  const infos = new Map<number, SharedInfoView>(reached.map((skb) => [skb.head, skb.shinfo]));
  let heads = 0;
  let pageRefs = 0;
  for (const [head, info] of infos) {
    const before = infosBefore.get(head);
    if (before === undefined) heads += 1;
    pageRefs += Math.max(0, info.frags.length - (before?.frags.length ?? 0));
  }
  return { skbs: reached.filter((skb) => !skbsBefore.has(skb.serial)).length, heads, pageRefs };
}
