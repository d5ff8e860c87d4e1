/** Devices that segment UDP themselves, by what they declare. Kernel: netif_skb_features, __udp_gso_segment step 4. */
import { flood } from "../../src/arbitraries/flood.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const offload = property({
  name: "segment/offload",
  says: "A device is given what it declared it can do, whole, and nothing else.",
  recipes: flood({
    gso: ["udp-l4", "fraglist"],
    exits: ["port"],
    holders: { min: 1, max: 2 },
    switches: 0,
    failures: 0,
    odds: {
      "packet.arrival": { stack: 1, tap: 1 },
      "packet.checksum": { partial: 6, unnecessary: 2, none: 1, complete: 1 },
      "packet.dodgy": 0.4,
      "holders.before": 0.1,
      "holders.device.udpL4": 0.9,
      "holders.device.sg": 0.9,
      "holders.device.checksum": { hw: 5, both: 3, ipv4: 1, ipv6: 1, none: 1 },
      "holders.device.robust": 0.4,
      "holders.device.fraglist": 0.4,
      "holders.device.gsoFraglist": 0.5,
    },
  }),
  laws: everyLaw,
});
