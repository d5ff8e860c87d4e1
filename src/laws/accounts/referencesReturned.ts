/** Routes, conntrack entries, extensions: whoever copies a pointer to one takes a reference, and gives it back. */
import { circumstance } from "../circumstance.js";
import { Findings, law } from "../law.js";
import { kindOf } from "./kindOf.js";

/** What a fault leaves lying about is no leak of its own. */
export const referencesReturned = law({
  name: "references-returned",
  law: "When everything has been freed, nobody holds a reference to a side object any more.",
  standsFor: ["ACC-10", "I8"],
  check(run) {
    if (run.faults.length > 0) return "not-applicable";
    const findings = new Findings();
    findings.applies();
    for (const [object, held] of Object.entries(run.accounts.heldReferences)) {
      if (held === 0) continue;
      findings.broken({
        place: kindOf(object) + circumstance(run),
        expected: "0 references",
        received: String(held),
        at: { object },
      });
    }
    return findings.verdict();
  },
});
