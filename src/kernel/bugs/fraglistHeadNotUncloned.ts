import { historicalBug, presence } from "../historicalBug.js";

export const fraglistHeadNotUncloned = historicalBug({
  id: "fraglist-head-not-uncloned",
  symbols: ["skb_segment_list"],
  fixedBy: { commit: "c329b261afe7", subject: "net: prevent skb corruption on frag list segmentation" },
  introduced: "3a1296a38d0c, v5.6",
  fixedIn: "v6.5 (6.4.5, 6.1.40, 5.15.121, 5.10.188; CVE-2023-54094)",
  releases: presence("-PPPFFF"),
  story:
    "The frag_list and the gso fields were cleared in a shared info that clones of the packet still used: a sibling kept its lengths without the bytes, looped for ever over segments of size 0, or died in a pull.",
  caughtBy: [
    "sibling-shared-info-unchanged",
    "sibling-well-formed",
    "sibling-bytes-unchanged",
    "no-shared-write",
    "never-faults",
  ],
  requires: [],
  unfix: {
    skbSegmentList: { makeHeadWritable: () => () => 0 },
  },
});
