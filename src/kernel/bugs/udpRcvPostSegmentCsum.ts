import { historicalBug, presence } from "../historicalBug.js";

export const udpRcvPostSegmentCsum = historicalBug({
  id: "udp-rcv-post-segment-csum",
  symbols: ["udp_queue_rcv_skb", "udpv6_queue_rcv_skb"],
  fixedBy: { commit: "000ac44da7d0", subject: "udp: fixup csum for GSO receive slow path" },
  introduced: "cf329aa42b66, v5.0",
  fixedIn: "v5.13",
  releases: presence("PFFFFFF"),
  story:
    "Segments cut for a socket did not inherit that the aggregate's checksum had been verified: they were verified against a checksum that nobody had completed, and dropped.",
  caughtBy: ["datagrams-delivered-once", "drops-counted"],
  requires: ["udp-gso-csum-none-hw"],
  unfix: {
    udp: { settleSegmentChecksum: () => () => {} },
  },
});
