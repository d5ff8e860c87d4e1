/** A socket that is still charged for something can never be freed. */
import { Findings, law } from "../law.js";
import { kindOf } from "./kindOf.js";

/** What a fault leaves lying about is no leak of its own. */
export const socketReleased = law({
  name: "socket-released",
  law: "When everything has been freed, no socket is charged for anything.",
  standsFor: ["ACC-1", "ACC-5", "ACC-11", "I9"],
  check(run) {
    if (run.faults.length > 0) return "not-applicable";
    const findings = new Findings(run);
    for (const { name, wmemAlloc, rmemAlloc } of run.accounts.final) {
      findings.applies();
      for (const [field, expected, received] of [
        ["sk_wmem_alloc", 1, wmemAlloc],
        ["sk_rmem_alloc", 0, rmemAlloc],
      ] as const) {
        if (received === expected) continue;
        findings.broken({
          place: `${field} of ${kindOf(name)}`,
          expected: String(expected),
          received: String(received),
          at: { socket: name },
        });
      }
    }
    return findings.verdict();
  },
});
