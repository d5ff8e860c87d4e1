import { historicalBug, presence } from "../historicalBug.js";

export const mplsZeroHlenLoop = historicalBug({
  id: "mpls-zero-hlen-loop",
  symbols: ["mpls_gso_segment"],
  fixedBy: { commit: "d348ede32e99", subject: "net: avoid infinite loop in mpls_gso_segment when mpls_hlen == 0" },
  introduced: "v3.11",
  fixedIn: "v5.12 (5.10.24)",
  releases: presence("PFFFFFF"),
  story:
    "No label at all was taken for a stack of labels: nothing was taken off, the same handler came next with the same packet, and so on.",
  caughtBy: ["never-faults", "bounded-iterations"],
  requires: [],
  unfix: {
    mplsGso: { isLabelStack: () => () => true },
  },
});
