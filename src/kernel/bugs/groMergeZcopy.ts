import { historicalBug, presence } from "../historicalBug.js";

export const groMergeZcopy = historicalBug({
  id: "gro-merge-zcopy",
  symbols: ["skb_gro_receive"],
  fixedBy: { commit: "4db79a322db8", subject: "net: gro: don't merge zcopy skbs" },
  introduced: "753f1ca4e1e5, v6.0",
  fixedIn: "v7.1 (7.0.11, 6.12.92, 6.1.176; CVE-2026-46323)",
  releases: presence("--PPPPP"),
  story:
    "Fragments of user memory whose references their owner manages moved to a packet that thinks it has references of its own: it gave back what was never taken.",
  caughtBy: ["no-underflow", "references-counted", "no-use-after-free"],
  requires: [],
  unfix: {
    groMerge: { mayMoveFrags: () => () => true },
  },
});
