/**
 * Local delivery interrupted by whoever else has the packet: a port that sends it, another delivery. Kernel:
 * udpv6_queue_rcv_skb and what it calls, when an interrupt or another CPU gets in between.
 */
import { flood } from "../../src/arbitraries/flood.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const interruptedDelivery = property({
  name: "receive/interrupted-delivery",
  says: "A datagram reaches its listeners whole although another holder of the packet runs in the middle of the delivery.",
  recipes: flood({
    exits: ["local", "port"],
    gso: ["fraglist", "udp-l4"],
    holders: { min: 2, max: 3 },
    arrival: "stack",
    failures: 0,
    fields: {
      "packet.members": { usual: 2 },
      switches: { min: 1, max: 3, usual: 2 },
      "switches.touch": { max: 80, usual: 30 },
    },
    odds: {
      switches: 1,
      turns: 0.2,
      "holders.before": 0.15,
      "holders.exit": { local: 3, port: 2 },
      "holders.sockets.accepts": { nothing: 4, l4: 1, fraglist: 1 },
      "packet.gso": { fraglist: 5, "udp-l4": 1 },
      "packet.members": 0.95,
    },
  }),
  laws: everyLaw,
});
