/** Every kind of packet, every arrival, every middle, every exit, with interrupts and failing allocations. */
import { journey } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const everything = property({
  name: "paths/everything",
  says: "Whatever way a packet takes, nothing is lost, doubled, corrupted or leaked.",
  recipes: journey({ holders: { min: 1, max: 4 } }),
  laws: everyLaw,
});
