import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** A caller walks the list until NULL, so a cycle never lets go of it. */
export const chainEnds = law({
  name: "chain-ends",
  law: "The list of segments comes to an end after at least one segment.",
  standsFor: ["SEG-1", "I16"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      findings.applies();
      const { chain } = cut.call;
      if (chain !== "ends") {
        findings.broken({ place: `${cut.path}: cycle`, expected: "a last segment", received: chain, at: placeOf(cut) });
      }
      if (cut.segments.length === 0) {
        findings.broken({ place: `${cut.path}: empty`, expected: "a segment", received: "none", at: placeOf(cut) });
      }
    }),
});
