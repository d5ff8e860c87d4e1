/** The ledger balances. */
import { circumstance } from "../circumstance.js";
import { Findings, law } from "../law.js";
import { kindOf } from "./kindOf.js";

/** What a fault leaves lying about is no leak of its own. */
export const everythingFreed = law({
  name: "everything-freed",
  law: "When the last holder has let go, no object of the packet is alive.",
  standsFor: ["ACC-11", "I8"],
  check(run) {
    if (run.faults.length > 0) return "not-applicable";
    const findings = new Findings();
    findings.applies();
    for (const { kind, object, holder, site } of run.memory) {
      if (kind !== "leak") continue;
      const at = { holder, site: site.join(" < ") };
      findings.broken({
        place: kindOf(object) + circumstance(run),
        expected: "freed",
        received: `${object} alive`,
        at,
      });
    }
    const { skbs, heads, pageRefs } = run.accounts.live;
    for (const [kind, alive] of [
      ["skb", skbs],
      ["head", heads],
      ["page", pageRefs],
    ] as const) {
      if (alive !== 0)
        findings.broken({ place: kind + circumstance(run), expected: "0 alive", received: String(alive), at: {} });
    }
    return findings.verdict();
  },
});
