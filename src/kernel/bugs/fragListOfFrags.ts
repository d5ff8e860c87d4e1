import { bugOn } from "../../memory/fault.js";
import { historicalBug, presence } from "../historicalBug.js";

export const fragListOfFrags = historicalBug({
  id: "frag-list-of-frags",
  symbols: ["skb_segment"],
  fixedBy: { commit: "9d8506cc2d7e", subject: "gso: handle new frag_list of frags GRO packets" },
  introduced: "8a29111c7ca6, v3.10",
  fixedIn: "v3.13",
  releases: presence("FFFFFFF"),
  story:
    "Every member was taken to be one segment. Receive offload had begun to put the fragments of many packets into one member, and the first of these stopped the kernel.",
  caughtBy: ["never-faults"],
  requires: [],
  unfix: {
    skbSegment: {
      clonesMember: () => (member, len) => {
        bugOn(member.len !== len, "member-no-segment", { member: member.len, len });
        return true;
      },
    },
  },
});
