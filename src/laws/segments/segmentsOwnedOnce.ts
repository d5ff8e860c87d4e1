import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** The head of a list is the input itself: its caller still holds the reference it came with. */
export const segmentsOwnedOnce = law({
  name: "segments-owned-once",
  law: "A returned list holds exactly one reference on each segment.",
  standsFor: ["SEG-20", "I7", "I8"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      for (const segment of cut.segments) {
        findings.applies();
        const isInput = cut.call.listPath && segment.index === 0;
        const expected = isInput ? cut.call.input.users + 1 : 1;
        const received = segment.view.users;
        if (received === expected) continue;
        const place = `${cut.path}: ${isInput ? "head" : "segment"}`;
        findings.broken({
          place,
          expected: `users ${expected}`,
          received: `users ${received}`,
          at: placeOf(cut, segment),
        });
      }
    }),
});
