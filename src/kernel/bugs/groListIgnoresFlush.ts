import { historicalBug, presence } from "../historicalBug.js";

export const groListIgnoresFlush = historicalBug({
  id: "gro-list-ignores-flush",
  symbols: ["skb_gro_receive_list"],
  fixedBy: { commit: "e751256486d0", subject: "net: gro: fix double aggregation of flush-marked skbs" },
  introduced: "3a1296a38d0c, v5.6",
  fixedIn: "v7.2 (6.12.101, 6.1.184; CVE-2026-68136)",
  releases: presence("-PPPPPP"),
  story:
    "A packet that must not be merged, because it is an aggregate itself, was chained as a list member all the same: lists inside lists, which nobody can take apart.",
  caughtBy: ["merged-list-shape", "merged-payload-joins", "merged-frames-alike"],
  requires: [],
  unfix: {
    groMerge: { refusesAsMember: () => () => false },
  },
});
