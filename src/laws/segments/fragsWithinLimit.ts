import { MAX_SKB_FRAGS } from "../../abi/features.js";
import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** The array behind the count has no more room; the next entry would land in whatever follows the shared info. */
export const fragsWithinLimit = law({
  name: "frags-within-limit",
  law: "No segment has more page fragments than a shared info can hold.",
  standsFor: ["SEG-10", "I5"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      for (const segment of cut.segments) {
        findings.applies();
        const count = segment.view.shinfo.frags.length;
        if (count <= MAX_SKB_FRAGS) continue;
        findings.broken({
          place: cut.path,
          expected: `at most ${MAX_SKB_FRAGS}`,
          received: `${count}`,
          at: placeOf(cut, segment),
        });
      }
    }),
});
