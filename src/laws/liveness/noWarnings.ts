/** A WARN tells of a state that the kernel's authors thought impossible; some machines panic on it. */
import { Findings, law } from "../law.js";

export const noWarnings = law({
  name: "no-warnings",
  law: "No packet makes the kernel warn.",
  standsFor: ["I6"],
  check(run) {
    const findings = new Findings(run);
    findings.applies();
    for (const { kind, id, holder, site } of run.warnings) {
      findings.broken({
        place: `${id} in ${site[0] ?? "an unknown function"}`,
        expected: "no warning",
        received: `${kind}(${id})`,
        at: { holder, site: site.join(" < ") },
      });
    }
    return findings.verdict();
  },
});
