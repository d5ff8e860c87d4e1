/**
 * Fraglist GRO moved the charge for all members to the head. The list path therefore leaves the head the truesize of the
 * whole aggregate: its destructor has to give back exactly what was charged.
 */
import type { SegmentationCall } from "../../recipe/Run.js";
import { Findings, law } from "../law.js";

export const listChargeUnmoved = law({
  name: "list-charge-unmoved",
  law: "The list path leaves a packet's whole charge with the head.",
  standsFor: ["ACC-5", "I9"],
  check(run) {
    const findings = new Findings(run);
    for (const [index, call] of run.calls.entries()) {
      if (!call.listPath || call.result !== "list") continue;
      findings.applies();
      for (const { place, expected, received } of judge(call)) {
        findings.broken({ place, expected, received, at: { holder: call.holder, call: index } });
      }
    }
    return findings.verdict();
  },
});

function judge(call: SegmentationCall): { place: string; expected: string; received: string }[] {
  const { input, segments, wmemBefore, wmemAfter, interrupted } = call;
  const [head, ...members] = segments;
  const broken: { place: string; expected: string; received: string }[] = [];
  if (head !== undefined) {
    if (head.sk !== input.sk || head.destructor !== input.destructor) {
      const [expected, received] = [`${input.sk}, ${input.destructor}`, `${head.sk}, ${head.destructor}`];
      broken.push({ place: "head sk", expected, received });
    }
    // A new head makes a packet larger if nobody is charged for it (pskb_expand_head).
    const mayGrow = head.head !== input.head && (input.sk === "" || input.destructor === "sock_edemux");
    if (mayGrow ? head.truesize < input.truesize : head.truesize !== input.truesize) {
      const expected = `${mayGrow ? "at least " : ""}${input.truesize}`;
      broken.push({ place: "head truesize", expected, received: String(head.truesize) });
    }
  }
  const owned = members.find((member) => member.sk !== "");
  if (owned !== undefined) broken.push({ place: "member sk", expected: "no socket", received: owned.sk });
  if (!interrupted && wmemAfter !== wmemBefore) {
    broken.push({ place: "sk_wmem_alloc", expected: String(wmemBefore), received: String(wmemAfter) });
  }
  return broken;
}
