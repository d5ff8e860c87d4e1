import { historicalBug, presence } from "../historicalBug.js";

export const groChainOversizeLinear = historicalBug({
  id: "gro-chain-oversize-linear",
  symbols: ["skb_gro_receive"],
  fixedBy: { commit: "unknown", subject: "net: gro: don't chain linear parts larger than gso_size into frag_list" },
  introduced: "not established",
  fixedIn: "6.12.117; later than v6.12",
  releases: presence("??P???P"),
  story:
    "A linear packet of many segments was chained to the frag_list whole. Segmentation clones a member or takes its pages, but can cut no linear part: it stopped the kernel.",
  caughtBy: ["never-faults"],
  requires: [],
  unfix: {
    groMerge: { mayChain: () => () => true },
  },
});
