/** Cut at one end of a veth pair, merged at the other, cut again at the port. Kernel: veth_xmit, veth_poll, receive offload. */
import { journey } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const vethPair = property({
  name: "paths/veth-pair",
  says: "A packet that is cut, merged and cut again is the packet that was sent.",
  recipes: journey({
    exits: ["veth"],
    holders: { min: 1, max: 2 },
    switches: 0,
    failures: 0,
  }),
  laws: everyLaw,
});
