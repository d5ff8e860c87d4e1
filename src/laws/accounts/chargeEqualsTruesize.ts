/** A socket may send as long as its charge is below its buffer, so the charge has to be what is really out. */
import { Findings, law } from "../law.js";

/** A fault ends a holder's work between two bookings, so a run with one says nothing. */
export const chargeEqualsTruesize = law({
  name: "charge-equals-truesize",
  law: "Whenever a holder has finished, a socket's sk_wmem_alloc is one more than the truesize charged to it.",
  standsFor: ["ACC-1", "I9"],
  check(run) {
    if (run.faults.length > 0) return "not-applicable";
    const findings = new Findings(run);
    for (const [moment, { name, wmemAlloc, chargedTruesize }] of run.accounts.quiescent.entries()) {
      findings.applies();
      if (wmemAlloc === 1 + chargedTruesize) continue;
      findings.broken({
        place: "sk_wmem_alloc",
        expected: `1 + ${chargedTruesize}`,
        received: String(wmemAlloc),
        at: { socket: name, moment },
      });
    }
    return findings.verdict();
  },
});
