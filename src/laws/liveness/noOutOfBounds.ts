/** Beyond the end of a head lies its shared info: the classic way from a wrong length to arbitrary memory. */
import { law } from "../law.js";
import { judgeMemory } from "./memoryReports.js";

export const noOutOfBounds = law({
  name: "no-out-of-bounds",
  law: "Nothing is touched outside the buffer that it lies in.",
  standsFor: ["I5", "I6"],
  check: (run) =>
    judgeMemory(run, {
      kinds: ["out-of-bounds"],
      expected: "an access inside the buffer",
      place: (field, symbol, object) => `${object} ${field} in ${symbol}`,
      received: ({ object, field }) => `${field} of ${object}, outside`,
    }),
});
