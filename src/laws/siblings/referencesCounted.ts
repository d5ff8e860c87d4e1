/** Counters against a census of those who hold the object. */

import { kindOf } from "../accounts/kindOf.js";
import { circumstance } from "../circumstance.js";
import { Findings, law } from "../law.js";

/** A fault leaves lists half taken apart, so a run with one says nothing. */
export const referencesCounted = law({
  name: "references-counted",
  law: "Every reference count equals the number of those who hold the object.",
  standsFor: ["SIB-9", "SIB-10", "SIB-11", "I8"],
  check(run) {
    if (run.faults.length > 0) return "not-applicable";
    const findings = new Findings();
    findings.applies();
    for (const { object, counted, recorded } of run.accounts.miscounted) {
      findings.broken({
        place: kindOf(object) + circumstance(run),
        expected: `${counted}, counted over lists, queues, holders`,
        received: String(recorded),
        at: { object },
      });
    }
    return findings.verdict();
  },
});
