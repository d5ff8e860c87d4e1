/** After an error the packet is still the caller's, to free or to go on with. */
import { Findings, law } from "../law.js";

export const inputSurvivesError = law({
  name: "input-survives-error",
  law: "A failed segmentation leaves the caller its packet with as many references as before.",
  standsFor: ["ERR-2", "I8"],
  check(run) {
    const findings = new Findings(run);
    for (const { result, input, after, holder, errno } of run.calls) {
      if (result !== "error") continue;
      findings.applies();
      const at = { holder, skb: input.serial, errno };
      if (after === undefined || after.serial !== input.serial) {
        const received = after === undefined ? "nothing" : `skb#${after.serial}`;
        findings.broken({ place: "sk_buff", expected: `skb#${input.serial}`, received, at });
      } else if (after.users !== input.users) {
        findings.broken({ place: "users", expected: String(input.users), received: String(after.users), at });
      }
    }
    return findings.verdict();
  },
});
