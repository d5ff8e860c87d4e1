/** TCP lists as receive offload leaves them. Kernel: tcp4_gso_segment, tcp6_gso_segment, skb_segment_list. */
import { journey } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const tcpFraglist = property({
  name: "segment/tcp-fraglist",
  says: "A TCP list is cut into the segments it was made of.",
  recipes: journey({
    gso: ["tcp-fraglist"],
    arrival: "stack",
    exits: ["port", "inspect"],
    holders: { min: 1, max: 2 },
    switches: 0,
    failures: 0,
    odds: { "packet.tunnels": 0 },
  }),
  laws: everyLaw,
});
