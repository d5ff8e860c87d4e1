/** The same with interrupts: at some touch of a shared info another holder runs to its end. */
import { flood } from "../../src/arbitraries/flood.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const interruptedIsolation = property({
  name: "flood/interrupted-isolation",
  says: "Clones stay apart although one holder is interrupted by another at any touch of what they share.",
  recipes: flood({
    holders: { min: 2, max: 4 },
    failures: 0,
    odds: { switches: 1 },
  }),
  laws: everyLaw,
});
