/** Compares each case with the same packet alone, and with its other path through segmentation. */
import { flood } from "../../src/arbitraries/flood.js";
import { comparisonLaws } from "../../src/laws/segments/list.js";
import { property } from "../../src/runner/property.js";

export const cloneIndependence = property({
  name: "flood/clone-independence",
  says: "What comes out of a packet does not depend on how many clones of it there are.",
  recipes: flood({ holders: { min: 2, max: 4 }, switches: 0, failures: 0, arrival: "stack" }),
  laws: comparisonLaws,
});
