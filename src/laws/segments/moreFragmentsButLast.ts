import { law } from "../law.js";
import { placeOf } from "./cutCall.js";
import { checkFragments } from "./fragments.js";

/** The receiver learns the length of the datagram from the one fragment without the flag. */
export const moreFragmentsButLast = law({
  name: "more-fragments-but-last",
  law: "Every fragment but the last announces that more follow.",
  standsFor: ["SEG-14", "I3"],
  check: (run) =>
    checkFragments(run, ({ cut, fragments, place, findings }) => {
      for (const { segment, more } of fragments) {
        const expected = segment.index < fragments.length - 1;
        if (more === expected) continue;
        const which = expected ? "missing" : "on the last";
        const [due, found] = [expected, more].map((set) => (set ? "MF set" : "MF clear"));
        findings.broken({
          place: `${place}: ${which}`,
          expected: due ?? "",
          received: found ?? "",
          at: placeOf(cut, segment),
        });
      }
    }),
});
