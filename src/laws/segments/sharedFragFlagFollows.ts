import type { FragView, SkbView } from "../../recipe/Run.js";
import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

const SKBFL_SHARED_FRAG = 2;

/** Whoever sums or encrypts in place copies first when he sees the flag. */
export const sharedFragFlagFollows = law({
  name: "shared-frag-flag-follows",
  law: "A segment with page fragments that somebody else may change carries the flag that says so.",
  standsFor: ["I15"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const { input } = cut.call;
      const shared = [input, ...input.shinfo.members].filter(isFlagged).flatMap((skb) => skb.shinfo.frags);
      if (shared.length === 0) return;
      const byPage = groupByPage(shared);
      for (const segment of cut.segments) {
        const { frags } = segment.view.shinfo;
        if (!frags.some((frag) => byPage.get(frag.page)?.some((other) => overlap(frag, other)))) continue;
        findings.applies();
        if (isFlagged(segment.view)) continue;
        findings.broken({ place: cut.path, expected: "SHARED_FRAG set", received: "clear", at: placeOf(cut, segment) });
      }
    }),
});

const isFlagged = (skb: SkbView): boolean => (skb.shinfo.flags & SKBFL_SHARED_FRAG) !== 0;

function groupByPage(frags: readonly FragView[]): ReadonlyMap<number, readonly FragView[]> {
  const byPage = new Map<number, FragView[]>();
  for (const frag of frags) {
    const known = byPage.get(frag.page);
    if (known === undefined) byPage.set(frag.page, [frag]);
    else known.push(frag);
  }
  return byPage;
}

const overlap = (a: FragView, b: FragView): boolean => a.offset < b.offset + b.len && b.offset < a.offset + a.len;
