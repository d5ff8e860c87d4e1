/** UDP GSO over linear data, page fragments and chained members. Kernel: __udp_gso_segment, skb_segment. */
import { flood } from "../../src/arbitraries/flood.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const datagrams = property({
  name: "segment/datagrams",
  says: "A UDP packet is cut into datagrams of gso_size bytes.",
  recipes: flood({ gso: ["udp-l4"], holders: { min: 1, max: 2 }, switches: 0, failures: 0 }),
  laws: everyLaw,
});
