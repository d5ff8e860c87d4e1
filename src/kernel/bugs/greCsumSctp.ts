import { historicalBug, presence } from "../historicalBug.js";

export const greCsumSctp = historicalBug({
  id: "gre-csum-sctp",
  symbols: ["gre_gso_segment"],
  fixedBy: { commit: "622e32b7d4a6", subject: "net: gre: recompute gre csum for sctp over gre tunnels" },
  introduced: "90017accff61, v4.8",
  fixedIn: "v5.9 (5.7.15)",
  releases: presence("PFFFFFF"),
  story:
    "The GRE checksum was taken over SCTP packets whose CRC the device had yet to store: it fitted a packet that nobody sent.",
  caughtBy: ["outer-checksum-right", "tunnel-checksums-right-on-the-wire"],
  requires: [],
  unfix: {
    greOffload: { featuresUnderChecksum: () => (features) => features },
  },
});
