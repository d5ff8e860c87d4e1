import { historicalBug, presence } from "../historicalBug.js";

export const zcopyStaleFragCursor = historicalBug({
  id: "zcopy-stale-frag-cursor",
  symbols: ["skb_segment"],
  fixedBy: {
    commit: "2ea35288c83b",
    subject: "skbuff: skb_segment, Call zero copy functions before using skbuff frags",
  },
  introduced: "bf5c25d60861, v4.16",
  fixedIn: "v6.6 (6.5.3, 6.4.16, 6.1.53; CVE-2023-53354)",
  releases: presence("PPPPFFF"),
  story:
    "The number of fragments was remembered before user memory was copied into fewer, larger pages: the walk went on over entries that were gone, or ended early.",
  caughtBy: ["never-faults", "no-use-after-free", "payload-preserved"],
  requires: [],
  unfix: {
    skbSegment: {
      fragsToWalk: () => (piece, prepare) => {
        const before = piece.shinfo.frags;
        const err = prepare();
        if (err !== 0) return err;
        // The count is the old one; the entries are the new ones as far as they go, then leftovers.
        const after = piece.shinfo.frags;
        return before.map((stale, i) => after[i] ?? stale);
      },
    },
  },
});
