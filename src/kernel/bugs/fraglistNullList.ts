import { historicalBug, presence } from "../historicalBug.js";

export const fraglistNullList = historicalBug({
  id: "fraglist-null-list",
  symbols: ["skb_segment_list"],
  fixedBy: { commit: "876e8ca83667", subject: "net: fix NULL pointer in skb_segment_list" },
  introduced: "3a1296a38d0c, v5.6",
  fixedIn: "v6.2 (6.1.10, 5.15.92, 5.10.167)",
  releases: presence("-PPFFFF"),
  story:
    "The loop over the members ran once before it looked whether there was any: a list that had been pulled into the linear part as a whole was followed through NULL.",
  caughtBy: ["never-faults"],
  requires: ["fraglist-pulled-udp"],
  unfix: {
    skbSegmentList: { entersLoop: () => () => true },
  },
});
