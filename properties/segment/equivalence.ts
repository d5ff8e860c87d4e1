/**
 * Compares each case with other ways through segmentation: list path against generic path, device against software,
 * alone against cloned, inside a tunnel against without. Kernel: whatever cuts a packet.
 */
import { journey } from "../../src/arbitraries/journey.js";
import { pathComparisonLaws } from "../../src/laws/paths/list.js";
import { comparisonLaws } from "../../src/laws/segments/list.js";
import { property } from "../../src/runner/property.js";

export const equivalence = property({
  name: "segment/equivalence",
  says: "Whichever way a packet is cut, the same packets come out.",
  recipes: journey({
    arrival: "stack",
    exits: ["port", "inspect", "vxlan"],
    holders: { min: 1, max: 2 },
    switches: 0,
    failures: 0,
    // A VXLAN device takes service headers off first, so that what is compared would not be one packet.
    fields: { "packet.tunnels.kind": { names: ["vxlan", "gre", "gre-ip", "ip", "mpls"] } },
    odds: {
      middle: 0,
      "packet.members": 0.5,
      "packet.gso": { tcp: 6, "udp-l4": 6, fraglist: 4, "tcp-fraglist": 3, sctp: 2, ufo: 1, none: 1 },
      "packet.checksum": { partial: 6, unnecessary: 3, none: 1 },
      "holders.before": 0.15,
      "holders.device.gsoPartial": 0.3,
      "holders.exit": { port: 4, inspect: 1, vxlan: 1 },
      "holders.device.checksum": { hw: 5, both: 4, none: 1, ipv4: 1, ipv6: 1 },
      "holders.device.fraglist": 0.4,
      "holders.device.sg": 0.9,
      "holders.device.udpL4": 0.8,
      "holders.device.tso": 0.8,
    },
  }),
  laws: [...comparisonLaws, ...pathComparisonLaws],
});
