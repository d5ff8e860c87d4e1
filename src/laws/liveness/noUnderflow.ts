/** Two holders that each think a reference theirs: the second to drop it frees under the feet of a third. */
import { law } from "../law.js";
import { judgeMemory } from "./memoryReports.js";

export const noUnderflow = law({
  name: "no-underflow",
  law: "No count of references falls below zero.",
  standsFor: ["I8", "ACC-11"],
  check: (run) =>
    judgeMemory(run, {
      kinds: ["refcount-underflow", "double-free"],
      expected: "a reference to drop",
      place: (field, symbol, object) => `${object} ${field} in ${symbol}`,
      received: ({ kind, object, field }) => `${kind}: ${field} of ${object}`,
    }),
});
