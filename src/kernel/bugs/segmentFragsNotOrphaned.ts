import { historicalBug, presence } from "../historicalBug.js";

export const segmentFragsNotOrphaned = historicalBug({
  id: "segment-frags-not-orphaned",
  symbols: ["skb_segment"],
  fixedBy: { commit: "1fd819ecb90c", subject: "skbuff: skb_segment: orphan frags before copying" },
  introduced: "older than v3.13",
  fixedIn: "v3.14 (CVE-2014-0131)",
  releases: presence("FFFFFFF"),
  story:
    "Segments shared user memory without its owner knowing of them: he was told that he may have it back while segments still read it.",
  caughtBy: ["references-counted", "delivered-stays-unchanged"],
  requires: [],
  unfix: {
    skbSegment: { orphanFrags: () => () => 0, holdUserMemory: () => () => 0 },
  },
});
