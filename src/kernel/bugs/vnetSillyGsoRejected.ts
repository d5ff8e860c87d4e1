import { historicalBug, presence } from "../historicalBug.js";

export const vnetSillyGsoRejected = historicalBug({
  id: "vnet-silly-gso-rejected",
  symbols: ["virtio_net_hdr_to_skb"],
  fixedBy: { commit: "7c6d2ecbda83", subject: "net: be more gentle about silly gso requests coming from user" },
  introduced: "6dd912f82680, v5.7-rc7 (5.6.16)",
  fixedIn: "v5.7",
  releases: presence("-FFFFFF"),
  story:
    "A packet that fits into one segment was refused where it says how it might be cut, although sending it as it is does no harm.",
  caughtBy: ["tap-accepts-by-the-rules"],
  requires: [],
  unfix: {
    virtioNet: {
      kindOf: (right) => (segmentable, gsoSize) => {
        const kind = right(segmentable, gsoSize);
        return kind === "ordinary" ? "refused" : kind;
      },
    },
  },
});
