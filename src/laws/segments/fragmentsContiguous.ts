import { law } from "../law.js";
import { placeOf } from "./cutCall.js";
import { checkFragments } from "./fragments.js";

/** A hole or an overlap, and the receiver never puts the datagram together. */
export const fragmentsContiguous = law({
  name: "fragments-contiguous",
  law: "Each fragment begins where the one before it ended.",
  standsFor: ["SEG-14", "I3"],
  check: (run) =>
    checkFragments(run, ({ cut, fragments, place, findings }) => {
      let expected = 0;
      for (const { segment, offset, size } of fragments) {
        if (offset !== expected) {
          findings.broken({
            place,
            expected: `offset ${expected}`,
            received: `offset ${offset}`,
            at: placeOf(cut, segment),
          });
        }
        expected += size;
      }
    }),
});
