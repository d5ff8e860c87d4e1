/** SCTP, whose segments are its list members. Kernel: sctp_gso_segment, skb_segment with GSO_BY_FRAGS. */
import { journey } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const sctp = property({
  name: "segment/sctp",
  says: "An SCTP packet is cut into the packets it was bundled from.",
  recipes: journey({
    gso: ["sctp"],
    arrival: "stack",
    exits: ["port", "inspect", "route"],
    holders: { min: 1, max: 2 },
    switches: 0,
    failures: 0,
  }),
  laws: everyLaw,
});
