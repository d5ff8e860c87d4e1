/** On two processors the order of such touches is anything. The record of touches shows it without a switch between them. */
import { law } from "../law.js";
import { judgeMemory } from "./memoryReports.js";

export const noRace = law({
  name: "no-race",
  law: "Two holders never touch one shared field without an order between them, unless both only read.",
  standsFor: ["I7", "LIV-4"],
  check: (run) =>
    judgeMemory(run, {
      kinds: ["race"],
      expected: "an order between the two, or no write",
      place: (field, symbol) => `${field} in ${symbol}`,
      received: ({ field, object, holder, other }) => `${field} of ${object} by holders ${holder} and ${other}`,
    }),
});
