/** Aggregates that a router sends on, translated or not. Kernel: ip_forward, ip_finish_output_gso, ip_do_fragment, ip6_forward, nf_nat_manip_pkt. */
import { journey } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const forwarding = property({
  name: "paths/forwarding",
  says: "A router sends on what it was given, each packet once, no longer than the link takes.",
  recipes: journey({
    exits: ["route"],
    holders: { min: 1, max: 2 },
    switches: 0,
    failures: 0,
    odds: {
      "packet.vlan": 0,
      "packet.acceleratedVlan": 0,
      "packet.cast": { unicast: 1 },
      "holders.device.mtu": 0.4,
      "packet.hopLimit": 0.15,
    },
  }),
  laws: everyLaw,
});
