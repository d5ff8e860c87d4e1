/** Encapsulated frames through receive offload. Kernel: vxlan_gro_receive, gre_gro_receive, ipip_gro_receive and what is inside. */
import { journey, ONE_BY_ONE } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const groTunnels = property({
  name: "gro/tunnels",
  says: "Encapsulated frames of one flow are merged with their tunnel headers, and cut again.",
  recipes: journey({
    arrival: ONE_BY_ONE,
    gso: ["udp-l4", "tcp"],
    exits: ["port", "inspect", "route"],
    members: { min: 1 },
    holders: { min: 1, max: 2 },
    switches: 0,
    failures: 0,
    odds: { "packet.tunnels": 1, "packet.members.odd": 0.08, middle: 0 },
  }),
  laws: everyLaw,
});
