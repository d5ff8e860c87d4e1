/** Aggregates of receive offload, handed to several holders. Kernel: napi_gro_complete, br_flood, skb_segment_list. */
import { journey, ONE_BY_ONE } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const groFlood = property({
  name: "gro/flood",
  says: "A packet that receive offload made stays whole for each of its holders.",
  recipes: journey({
    arrival: ONE_BY_ONE,
    gso: ["fraglist", "udp-l4", "tcp"],
    exits: ["port", "local", "tap", "inspect"],
    members: { min: 1 },
    holders: { min: 2, max: 4 },
    failures: 0,
  }),
  laws: everyLaw,
});
