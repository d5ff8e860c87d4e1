/** skb_segment_list empties the shared info of its head, so the head must have one of its own by then. */
import { Findings, law } from "../law.js";

const DATAREF_MASK = 0xffff;

/** With a switch in the middle the siblings may be gone by the time the head is looked at. */
export const inputLeftSharedInfo = law({
  name: "input-left-shared-info",
  law: "A clone that was cut by the list path no longer uses the head of its siblings.",
  standsFor: ["SIB-7", "SEG-21", "I7"],
  check(run) {
    const findings = new Findings(run);
    for (const { holder, input, after, listPath, result, interrupted } of run.calls) {
      const shared = input.cloned && (input.shinfo.dataref & DATAREF_MASK) > 1;
      if (!listPath || result !== "list" || interrupted || !shared || after === undefined) continue;
      findings.applies();
      const at = { holder, skb: input.serial };
      if (after.head === input.head) {
        findings.broken({ place: "head", expected: "a head of its own", received: `head#${after.head}, shared`, at });
      } else if ((after.shinfo.dataref & DATAREF_MASK) !== 1) {
        const received = String(after.shinfo.dataref & DATAREF_MASK);
        findings.broken({ place: "dataref", expected: "1", received, at });
      }
    }
    return findings.verdict();
  },
});
