/** Aggregates that come back to the host that sent them. Kernel: loopback_xmit, dev_loopback_xmit, udp_rcv_segment. */
import { journey } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const loopback = property({
  name: "paths/loopback",
  says: "A datagram that a host sends to itself reaches its sockets once, with its boundaries.",
  recipes: journey({
    exits: ["loopback", "local"],
    gso: ["fraglist", "udp-l4", "none"],
    holders: { min: 1, max: 3 },
    switches: 0,
    failures: 0,
    odds: { "packet.tunnels": 0 },
  }),
  laws: everyLaw,
});
