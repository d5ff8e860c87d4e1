/** Lists as GRO leaves them, and as pulls and trims change them. Kernel: skb_segment_list, __udp_gso_segment. */
import { flood } from "../../src/arbitraries/flood.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const fraglist = property({
  name: "segment/fraglist",
  says: "A list packet is cut into the datagrams it was made of.",
  recipes: flood({ gso: ["fraglist"], holders: { min: 1, max: 2 }, switches: 0, failures: 0 }),
  laws: everyLaw,
});
