import { historicalBug, presence } from "../historicalBug.js";

export const mssOverflowGsoByFrags = historicalBug({
  id: "mss-overflow-gso-by-frags",
  symbols: ["skb_segment"],
  fixedBy: { commit: "23d05d563b7e", subject: "net: prevent mss overflow in skb_segment()" },
  introduced: "3953c46c3ac7, v4.8",
  fixedIn: "v6.7 (6.6.11, 6.1.79; CVE-2023-52435)",
  releases: presence("PPPPPFF"),
  story:
    "The size of a partial segment could come to exactly 65535, which means GSO_BY_FRAGS, and the absent frag_list was followed.",
  caughtBy: ["never-faults"],
  requires: [],
  unfix: {
    skbSegment: { partialSegs: () => (len, mss) => Math.floor(len / mss) },
  },
});
