/** The first duty of a kernel. Invalid memory has laws of its own (no-use-after-free, no-out-of-bounds, no-underflow). */
import { faultPlace } from "../faultPlace.js";
import { Findings, law } from "../law.js";

export const neverFaults = law({
  name: "never-faults",
  law: "No packet, however it is shared, stops the kernel.",
  standsFor: ["LIV-2", "LIV-3", "LIV-4", "LIV-6", "I6"],
  check(run) {
    const findings = new Findings();
    findings.applies();
    for (const fault of run.faults) {
      const { kind, id, holder, site, values } = fault;
      if (kind === "MEMORY") continue;
      const listed = Object.entries(values).map(([name, value]) => `${name} = ${value}`);
      findings.broken({
        place: faultPlace(run, fault),
        expected: "no BUG, PANIC, NULL dereference, division by zero or endless loop",
        received: [`${kind}(${id})`, ...listed].join(", "),
        at: { holder, site: site.join(" < ") },
      });
    }
    return findings.verdict();
  },
});
