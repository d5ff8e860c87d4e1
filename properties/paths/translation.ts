/** Addresses, ports and families rewritten between receive offload and segmentation. Kernel: nf_nat_manip_pkt, bpf_skb_proto_4_to_6, bpf_skb_adjust_room. */
import { journey } from "../../src/arbitraries/journey.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const translation = property({
  name: "paths/translation",
  says: "What a middlebox changed in the first header shows in every packet that comes out.",
  recipes: journey({
    exits: ["port", "inspect", "route", "local"],
    holders: { min: 1, max: 2 },
    switches: 0,
    failures: 0,
    fields: { middle: { min: 1 } },
    odds: { "packet.cast": { unicast: 1 }, middle: 1, "packet.rewritten": { nothing: 1 } },
  }),
  laws: everyLaw,
});
