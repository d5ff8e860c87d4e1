/** Frames of several flows, some of them odd, through receive offload. Kernel: dev_gro_receive, skb_gro_receive, udp_gro_receive_segment, tcp_gro_receive. */
import { journey, ONE_BY_ONE } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const batches = property({
  name: "gro/batches",
  says: "Receive offload loses, doubles and reorders nothing, and merges only what belongs together.",
  recipes: journey({
    arrival: ONE_BY_ONE,
    gso: ["fraglist", "udp-l4", "tcp"],
    exits: ["port", "inspect"],
    members: { min: 1 },
    holders: { min: 1, max: 1 },
    switches: 0,
    failures: 0,
    odds: { "packet.members.odd": 0.2, "packet.members.flow": 0.2, "holders.before": 0, middle: 0 },
  }),
  laws: everyLaw,
});
