/** Memory may run out at any allocation; a caller then gets an error, nothing worse. */

import { kindOf } from "../accounts/kindOf.js";
import { faultPlace } from "../faultPlace.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";

const WORSE: readonly string[] = ["leak", "use-after-free", "out-of-bounds", "refcount-underflow", "double-free"];

/**
 * Applies when one of the allocations that were to fail was really asked for. What a fault leaves lying about is no leak
 * of its own.
 */
export const singleFailureSurvived = law({
  name: "single-failure-survived",
  law: "An allocation that fails has no worse consequence than an error.",
  standsFor: ["ERR-10", "I6", "I8"],
  check(run) {
    if (!run.recipe.failures.some((allocation) => allocation <= run.allocations)) return "not-applicable";
    const findings = new Findings();
    findings.applies();
    for (const fault of run.faults) {
      const { kind, id, holder, site } = fault;
      findings.broken({
        place: faultPlace(run, fault),
        expected: "an errno",
        received: `${kind}(${id})`,
        at: { holder, site: site.join(" < ") },
      });
    }
    for (const { kind, object, field, holder, site } of run.memory) {
      if (!WORSE.includes(kind) || (kind === "leak" && run.faults.length > 0)) continue;
      findings.broken({
        place: `${kind} of ${kindOf(object)} (${gsoKind(run)})`,
        expected: "an errno",
        received: `${kind} of ${object}, ${field}`,
        at: { holder, site: site.join(" < ") },
      });
    }
    return findings.verdict();
  },
});
