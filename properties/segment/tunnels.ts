/** Aggregates inside VXLAN, GRE, IP, MPLS and NSH. Kernel: __skb_udp_tunnel_segment, gre_gso_segment, inet_gso_segment. */
import { journey } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const tunnels = property({
  name: "segment/tunnels",
  says: "An encapsulated packet is cut into encapsulated packets.",
  recipes: journey({
    arrival: "stack",
    exits: ["port", "inspect", "route"],
    holders: { min: 1, max: 2 },
    switches: 0,
    failures: 0,
    odds: {
      "packet.tunnels": 1,
      "packet.gso": { tcp: 4, "udp-l4": 4, none: 1, ufo: 1, fraglist: 1, "tcp-fraglist": 1, sctp: 1 },
      "packet.checksum": { partial: 7, unnecessary: 2, none: 1 },
      "holders.device.encapsulation": 0.5,
      "holders.device.gsoPartial": 0.3,
    },
  }),
  laws: everyLaw,
});
