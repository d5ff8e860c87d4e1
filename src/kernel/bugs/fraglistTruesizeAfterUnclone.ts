import { historicalBug, presence } from "../historicalBug.js";

export const fraglistTruesizeAfterUnclone = historicalBug({
  id: "fraglist-truesize-after-unclone",
  symbols: ["skb_segment_list"],
  fixedBy: { commit: "224102de2ff1", subject: "net: fix up skbs delta_truesize in UDP GRO frag_list" },
  introduced: "53475c5dd856, v5.11",
  fixedIn: "v5.17 (5.16.13)",
  releases: presence("-PFFFFF"),
  story:
    "The members' truesize was sampled after un-cloning had raised it, and what was taken off the head came to more than the head had: its truesize went below zero.",
  caughtBy: ["truesize-never-wraps"],
  requires: ["fraglist-truesize-subtract"],
  unfix: {
    skbSegmentList: { truesizeBefore: () => () => 0, truesizeAfter: () => (member) => member.truesize },
  },
});
