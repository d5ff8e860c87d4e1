import { historicalBug, presence } from "../historicalBug.js";

export const groMergeKeepsSk = historicalBug({
  id: "gro-merge-keeps-sk",
  symbols: ["skb_gro_receive", "skb_gro_receive_list"],
  fixedBy: { commit: "ed4cccef64c1", subject: "gro: fix ownership transfer" },
  introduced: "5e10da5385d2, v5.15",
  fixedIn: "v6.9 (6.8.5, 6.6.26, 6.1.85, 5.15.154; CVE-2024-35890)",
  releases: presence("-PPPPFF"),
  story:
    "A merged packet lost its destructor but kept its socket; once it was a packet again, whoever took it from its owner died.",
  caughtBy: ["owner-with-destructor", "segments-well-formed", "never-faults"],
  requires: [],
  unfix: {
    groMerge: {
      disown: () => (skb) => {
        skb.destructor = "";
      },
    },
  },
});
