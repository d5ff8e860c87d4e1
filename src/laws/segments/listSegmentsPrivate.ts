import type { SkbView } from "../../recipe/Run.js";
import { law } from "../law.js";
import { type CutCall, checkCalls, placeOf } from "./cutCall.js";

/** The list path writes headers into what it hands out; where others look at the same bytes, it has to copy first. */
export const listSegmentsPrivate = law({
  name: "list-segments-private",
  law: "The list path shares no data of its head or of a member that somebody else held.",
  standsFor: ["SEG-21", "I7"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      if (!cut.call.listPath) return;
      for (const segment of cut.segments) {
        if (segment.index > 0 && !enteredShared(cut, segment.index - 1)) continue;
        findings.applies();
        if (!isCloned(segment.view)) continue;
        const received = `${segment.view.shinfo.dataref & 0xffff} references on the data`;
        const place = `${segment.index === 0 ? "head" : "member"}${cut.kind}`;
        findings.broken({ place, expected: "data of its own", received, at: placeOf(cut, segment) });
      }
    }),
});

/**
 * Held by another list or by somebody with a reference. A member whose data was cloned before aggregation is left out
 * when others ran meanwhile: they may have let go of it in time, and then it is used as it is.
 */
function enteredShared({ call }: CutCall, index: number): boolean {
  const member = call.input.shinfo.members[index];
  if (member === undefined || (call.interrupted && isCloned(member))) return false;
  return isCloned(call.input) || member.users > 1;
}

/** skb_cloned: marked as cloned, with another reference on the data. */
const isCloned = (skb: SkbView): boolean => skb.cloned && (skb.shinfo.dataref & 0xffff) !== 1;
