import { historicalBug, presence } from "../historicalBug.js";

export const bpfGrowFraglist = historicalBug({
  id: "bpf-grow-fraglist",
  symbols: ["bpf_skb_net_grow"],
  fixedBy: { commit: "fa5ef655615a", subject: "bpf: Fix a segment issue when downgrading gso_size" },
  introduced: "2be7e212d541, v4.13",
  fixedIn: "v6.11 (6.10.3, 6.1.103; CVE-2024-42281)",
  releases: presence("PPPPPPF"),
  story:
    "A program that made room for a header made segments smaller and left the frag_list as it was: a member whose linear part was now longer than a segment stopped the kernel.",
  caughtBy: ["never-faults"],
  requires: [],
  unfix: {
    filter: { settleShrunkSegments: () => () => 0 },
  },
});
