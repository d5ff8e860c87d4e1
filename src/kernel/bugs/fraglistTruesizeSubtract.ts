import { historicalBug, presence } from "../historicalBug.js";

export const fraglistTruesizeSubtract = historicalBug({
  id: "fraglist-truesize-subtract",
  symbols: ["skb_segment_list"],
  fixedBy: { commit: "238e03d04662", subject: "net: fix memory leak in skb_segment_list for GRO packets" },
  introduced: "ed4cccef64c1, v6.9",
  fixedIn: "v6.19 (6.12.66, 6.1.161)",
  releases: presence("-----PP"),
  story:
    "The members' truesize was taken off the head, although the head alone is charged to the socket: it gave back less than had been charged, and the socket was never freed.",
  caughtBy: ["list-charge-unmoved", "charge-equals-truesize", "socket-released"],
  requires: [],
  unfix: {
    skbSegmentList: { truesizeBefore: () => (member) => member.truesize },
  },
});
