import { historicalBug, presence } from "../historicalBug.js";

export const warnBadOffloadOnErr = historicalBug({
  id: "warn-bad-offload-on-err",
  symbols: ["__skb_gso_segment"],
  fixedBy: { commit: "8d74e9f88d65", subject: "net: avoid skb_warn_bad_offload on IS_ERR" },
  introduced: "older than v4.11",
  fixedIn: "v4.11",
  releases: presence("FFFFFFF"),
  story:
    "A packet without a prepared checksum was warned of although its segmentation had failed with an error, which some systems take as a reason to stop.",
  caughtBy: ["no-warnings"],
  requires: [],
  unfix: {
    gso: { warnsOfUnprepared: () => () => true },
  },
});
