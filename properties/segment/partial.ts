/** Devices that want the last step of segmentation for themselves. Kernel: the GSO_PARTIAL part of skb_segment. */
import { flood } from "../../src/arbitraries/flood.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const partial = property({
  name: "segment/partial",
  says: "A packet for a device that segments in part is cut into pieces that the device can finish.",
  recipes: flood({
    gso: ["udp-l4"],
    exits: ["port"],
    holders: { min: 1, max: 2 },
    switches: 0,
    failures: 0,
    odds: {
      "packet.arrival": { stack: 3, tap: 1 },
      "packet.gsoSize": 1,
      "packet.checksum": { partial: 8, unnecessary: 1, none: 1 },
      "holders.device.gsoPartial": 0.9,
      "holders.device.sg": 0.95,
      "holders.device.checksum": { hw: 6, both: 2, ipv4: 1, ipv6: 1, none: 1 },
      "holders.device.big": 0.6,
      "holders.device.ufo": 0,
      "holders.device.fraglist": 0,
    },
  }),
  laws: everyLaw,
});
