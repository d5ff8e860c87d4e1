/** Clones of one packet, each dealt with in its turn. Kernel: skb_segment_list, skb_segment, the primitives of skbuff.c. */
import { flood } from "../../src/arbitraries/flood.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const cloneIsolation = property({
  name: "flood/clone-isolation",
  says: "What one holder of a flooded packet does changes nothing that another holder can see.",
  recipes: flood({ holders: { min: 2 }, switches: 0, failures: 0 }),
  laws: everyLaw,
});
