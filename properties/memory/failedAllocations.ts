/** Each allocation may fail. Nothing may leak, fault or change for the others. */
import { flood } from "../../src/arbitraries/flood.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const failedAllocations = property({
  name: "memory/failed-allocations",
  says: "When an allocation fails, the packet is lost and nothing else.",
  recipes: flood({ holders: { min: 1, max: 3 }, switches: 0, odds: { failures: 1 } }),
  laws: everyLaw,
});
