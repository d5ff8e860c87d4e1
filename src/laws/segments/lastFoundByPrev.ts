import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** validate_xmit_skb_list appends through `prev` of the first segment and does not walk. */
export const lastFoundByPrev = law({
  name: "last-found-by-prev",
  law: "The prev link of the first segment leads to the last one.",
  standsFor: ["SEG-1", "I16"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const last = cut.segments.at(-1);
      if (cut.call.chain !== "ends" || last === undefined) return;
      findings.applies();
      if (cut.call.lastByPrev !== last.view.serial) {
        findings.broken({
          place: cut.path,
          expected: `skb#${last.view.serial}`,
          received: cut.call.lastByPrev === 0 ? "NULL" : `skb#${cut.call.lastByPrev}`,
          at: placeOf(cut),
        });
      }
    }),
});
