import { law } from "../law.js";
import { placeOf } from "./cutCall.js";
import { checkFragments } from "./fragments.js";

/** IPv4 keeps the identification of the datagram; IPv6 had none and draws one that is not 0. */
export const fragmentIdShared = law({
  name: "fragment-id-shared",
  law: "All fragments of a datagram have the same identification.",
  standsFor: ["SEG-14", "SEG-12"],
  check: (run) =>
    checkFragments(run, ({ cut, headers, fragments, place, findings }) => {
      const expected = headers.version === 4 ? headers.ipId : fragments[0]?.id;
      for (const { segment, id } of fragments) {
        const at = placeOf(cut, segment);
        if (id !== expected) findings.broken({ place, expected: `${expected}`, received: `${id}`, at });
        if (headers.version === 6 && id === 0)
          findings.broken({ place: `${place}: zero`, expected: "not 0", received: "0", at });
      }
    }),
});
