import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** Where a member brought a list of its own, the list may show up again in a segment. */
export const noFragListLeft = law({
  name: "no-frag-list-left",
  law: "No segment has a frag_list.",
  standsFor: ["SEG-9", "I16"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      if (cut.call.input.shinfo.members.some((member) => member.shinfo.members.length > 0)) return;
      for (const segment of cut.segments) {
        findings.applies();
        const left = segment.view.shinfo.members.length;
        if (left === 0) continue;
        findings.broken({
          place: cut.path,
          expected: "no members",
          received: `${left} members`,
          at: placeOf(cut, segment),
        });
      }
    }),
});
