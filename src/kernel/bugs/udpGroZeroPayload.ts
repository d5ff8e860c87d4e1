import { historicalBug, presence } from "../historicalBug.js";

/** A big-endian number as a little-endian machine reads it. */
const swapped = (n: number): number => ((n & 0xff) << 8) | (n >>> 8);

export const udpGroZeroPayload = historicalBug({
  id: "udp-gro-zero-payload",
  symbols: ["udp_gro_receive_segment"],
  fixedBy: { commit: "4dd2b82d5adf", subject: "udp: fix GRO packet of death" },
  introduced: "e20cf8d3f1f7, v5.0",
  fixedIn: "v5.1 (CVE-2019-11683)",
  releases: presence("FFFFFFF"),
  story:
    "Empty and padded datagrams were merged, and lengths compared as they lie in memory: an aggregate with a gso_size of 0, and a merge that takes fragments out of an empty array.",
  caughtBy: ["no-out-of-bounds", "merged-sizes-even", "never-faults"],
  requires: [],
  unfix: {
    udpGro: {
      fillsItsPacket: () => () => true,
      isLonger: () => (ulen, heldLen) => swapped(ulen) > swapped(heldLen),
    },
  },
});
