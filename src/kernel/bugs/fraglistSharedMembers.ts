import { historicalBug, presence } from "../historicalBug.js";

export const fraglistSharedMembers = historicalBug({
  id: "fraglist-shared-members",
  symbols: ["skb_segment_list"],
  fixedBy: { commit: "53475c5dd856", subject: "net: fix use-after-free when UDP GRO with shared fraglist" },
  introduced: "3a1296a38d0c, v5.6",
  fixedIn: "v5.11 (5.10.10)",
  releases: presence("-FFFFFF"),
  story:
    "Members that another list held too were pushed, relinked and freed as if they were private: the other holder saw them move, and their count went below zero.",
  caughtBy: ["sibling-members-unchanged", "segments-well-formed"],
  requires: [],
  unfix: {
    skbSegmentList: { takeOwnership: () => (member) => ({ member, err: 0 }) },
  },
});
