/** Memory limits count truesize: a packet that claims less than it holds escapes them. */
import type { SkbView } from "../../recipe/Run.js";
import { Findings, law } from "../law.js";

/** SKB_TRUESIZE(0): an sk_buff with its shared info, without a byte of data. */
const TRUESIZE_OF_NOTHING = 576;

export const truesizeCoversData = law({
  name: "truesize-covers-data",
  law: "A segment's truesize covers its sk_buff with all data outside the head.",
  standsFor: ["ACC-6"],
  check(run) {
    const findings = new Findings(run);
    for (const [index, { result, listPath, input, segments, holder }] of run.calls.entries()) {
      // Segments made from members inherit what the members claim.
      if (result !== "list" || listPath || ![input, ...input.shinfo.members].every(covers)) continue;
      findings.applies();
      const short = segments.findIndex((segment) => !covers(segment));
      const segment = segments[short];
      if (segment === undefined) continue;
      findings.broken({
        place: "truesize",
        expected: `at least ${TRUESIZE_OF_NOTHING} + ${segment.dataLen}`,
        received: String(segment.truesize),
        at: { holder, call: index, segment: short },
      });
    }
    return findings.verdict();
  },
});

const covers = ({ truesize, dataLen }: SkbView): boolean => truesize >= TRUESIZE_OF_NOTHING + dataLen;
