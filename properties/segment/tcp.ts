/** TCP over linear data, page fragments and chained members. Kernel: tcp_gso_segment, skb_segment. */
import { journey } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const tcp = property({
  name: "segment/tcp",
  says: "A TCP packet is cut into segments of gso_size bytes.",
  recipes: journey({
    gso: ["tcp"],
    arrival: ["stack", "tap"],
    exits: ["port", "inspect"],
    holders: { min: 1, max: 2 },
    switches: 0,
    failures: 0,
    odds: { "packet.tunnels": 0, middle: 0 },
  }),
  laws: everyLaw,
});
