import type { Run } from "../../recipe/Run.js";
import { Findings, law } from "../law.js";
import { type CutCall, cutCalls, isSecondPass, placeOf } from "./cutCall.js";

/** A segment is queued, charged, freed on its own; an object in two lists is freed twice. */
export const segmentsDistinct = law({
  name: "segments-distinct",
  law: "No sk_buff is in two lists or twice in one.",
  standsFor: ["SEG-3", "I16"],
  check: (run: Run) => {
    const findings = new Findings();
    const callOfSegment = new Map<number, number>();
    for (const cut of cutCalls(run)) {
      // What was cut before has been merged again since.
      if (isSecondPass(run, cut)) continue;
      const listed = membersIn(cut);
      for (const segment of cut.segments) {
        findings.applies();
        const { serial } = segment.view;
        const earlier = callOfSegment.get(serial);
        const where = earlier === cut.index ? "same list" : earlier !== undefined ? "two lists" : "frag_list";
        if (earlier !== undefined || listed.has(serial)) {
          const received = `skb#${serial} again`;
          findings.broken({
            place: `${cut.path}: ${where}`,
            expected: "an object of its own",
            received,
            at: placeOf(cut, segment),
          });
        }
        callOfSegment.set(serial, cut.index);
      }
    }
    return findings.verdict();
  },
});

/** The sk_buffs that still hang in a frag_list when the call has returned. */
function membersIn({ call }: CutCall): ReadonlySet<number> {
  const holders = call.after === undefined ? call.segments : [...call.segments, call.after];
  return new Set(holders.flatMap((skb) => skb.shinfo.members.map((member) => member.serial)));
}
