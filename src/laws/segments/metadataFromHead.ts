import type { SkbView } from "../../recipe/Run.js";
import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

const COPIED = [
  "ipSummed",
  "csumLevel",
  "csumValid",
  "encapsulation",
  "dst",
  "mark",
  "hash",
  "priority",
] as const satisfies readonly (keyof SkbView)[];

/** What the stack decided about the aggregate holds for all of its packets. */
export const metadataFromHead = law({
  name: "metadata-from-head",
  law: "The segments of the list path agree in the metadata that comes from their head.",
  standsFor: ["SEG-19"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const head = cut.segments[0]?.view;
      if (!cut.call.listPath || head === undefined) return;
      for (const segment of cut.segments) {
        findings.applies();
        for (const field of COPIED) {
          const [expected, received] = [head[field], segment.view[field]];
          if (expected === received) continue;
          findings.broken({
            place: field + cut.kind,
            expected: `${expected}`,
            received: `${received}`,
            at: placeOf(cut, segment),
          });
        }
      }
    }),
});
