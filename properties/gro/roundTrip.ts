/** One flow of even frames, merged and cut again. Kernel: receive offload, then segmentation. */
import { journey, ONE_BY_ONE } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const roundTrip = property({
  name: "gro/round-trip",
  says: "What receive offload merges, segmentation gives back.",
  recipes: journey({
    arrival: ONE_BY_ONE,
    gso: ["fraglist", "udp-l4", "tcp"],
    exits: ["port", "inspect"],
    members: { min: 1 },
    holders: { min: 1, max: 2 },
    switches: 0,
    failures: 0,
    odds: {
      "packet.members.odd": 0,
      "packet.tunnels": 0,
      "packet.members.flow": 0,
      "packet.evenMembers": 0.95,
      "packet.zeroChecksum": 0,
      "packet.tcp.flags": 0.1,
      "holders.before": 0,
      middle: 0,
    },
  }),
  laws: everyLaw,
});
