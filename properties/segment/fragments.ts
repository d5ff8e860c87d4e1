/** UFO. Kernel: udp4_ufo_fragment, udp6_ufo_fragment, inet_gso_segment, ipv6_gso_segment. */
import { flood } from "../../src/arbitraries/flood.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const fragments = property({
  name: "segment/fragments",
  says: "A UDP datagram is cut into IP fragments that fit together again.",
  recipes: flood({ gso: ["ufo"], holders: { min: 1, max: 2 }, switches: 0, failures: 0 }),
  laws: everyLaw,
});
