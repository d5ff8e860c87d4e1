import { historicalBug, presence } from "../historicalBug.js";

export const fraglistExtLeak = historicalBug({
  id: "fraglist-ext-leak",
  symbols: ["skb_segment_list"],
  fixedBy: { commit: "cf673ed0e057", subject: "net: fix fraglist segmentation reference count leak" },
  introduced: "3a1296a38d0c, v5.6",
  fixedIn: "v5.7 (5.6 stable)",
  releases: presence("-FFFFFF"),
  story:
    "The head's state was copied over what each member held, so that the members' own dst, conntrack and extension references were never dropped.",
  caughtBy: ["references-returned"],
  requires: [],
  unfix: {
    skbSegmentList: { releaseMemberState: () => () => {} },
  },
});
