import { historicalBug, presence } from "../historicalBug.js";

export const mixedHeadAlloc = historicalBug({
  id: "mixed-head-alloc",
  symbols: ["skb_segment"],
  fixedBy: { commit: "9e4b7a99a03a", subject: "net: gso: fix panic on frag_list with mixed head alloc types" },
  introduced: "3dcbdb134f32, v5.3",
  fixedIn: "v6.1 (6.0.9, 5.15.79, 5.10.155, 5.4.225; CVE-2022-49872)",
  releases: presence("PPFFFFF"),
  story:
    "Only the first member was asked whether its linear part can become a page fragment; a later one that cannot stopped the kernel.",
  caughtBy: ["never-faults"],
  requires: [],
  unfix: {
    skbSegment: {
      hasUnsharableMember: () => (list) => list !== null && list.headlen > 0 && !list.headFrag,
    },
  },
});
