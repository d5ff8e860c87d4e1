import { historicalBug, presence } from "../historicalBug.js";

export const fraglistPartialPullNoLinearize = historicalBug({
  id: "fraglist-partial-pull-no-linearize",
  symbols: ["__udp_gso_segment"],
  fixedBy: { commit: "3382a1ed7f77", subject: "net: fix udp gso skb_segment after pull from frag_list" },
  introduced: "a1e40ac5b5e9, v6.12",
  fixedIn: "v6.16 (6.15.3, 6.12.34, 6.6.94, 6.1.142; CVE-2025-38124)",
  releases: presence("------P"),
  story:
    "A list with changed geometry went to the generic splitter as it was, whose walk over linear members that do not end on segment boundaries stops the kernel.",
  caughtBy: ["never-faults"],
  requires: [],
  unfix: {
    udpOffload: { flattenChangedList: () => () => 0 },
  },
});
