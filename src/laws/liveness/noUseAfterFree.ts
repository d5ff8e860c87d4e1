/** A freed object belongs to whoever allocates next. */
import { law } from "../law.js";
import { judgeMemory } from "./memoryReports.js";

export const noUseAfterFree = law({
  name: "no-use-after-free",
  law: "Nothing is touched after it was freed.",
  standsFor: ["I8", "SIB-9", "ACC-11"],
  check: (run) =>
    judgeMemory(run, {
      kinds: ["use-after-free"],
      expected: "a live object",
      place: (field, symbol, object) => `${object} ${field} in ${symbol}`,
      received: ({ object, field }) => `${field} of ${object}, freed before`,
    }),
});
