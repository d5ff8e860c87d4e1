/** Aggregates that enter a VXLAN device. Kernel: vxlan_xmit, iptunnel_handle_offloads, __skb_udp_tunnel_segment. */
import { journey } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const encapsulation = property({
  name: "paths/encapsulation",
  says: "A tunnel device takes an aggregate in whole, and every packet that comes out is a whole tunnel packet.",
  recipes: journey({
    exits: ["vxlan"],
    holders: { min: 1, max: 3 },
    switches: 0,
    failures: 0,
  }),
  laws: everyLaw,
});
