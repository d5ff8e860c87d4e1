import { historicalBug, presence } from "../historicalBug.js";

export const vnetBadCsumStart = historicalBug({
  id: "vnet-bad-csum-start",
  symbols: ["virtio_net_hdr_to_skb", "tcp_gso_segment", "__udp_gso_segment"],
  fixedBy: { commit: "89add40066f9", subject: "net: drop bad gso csum_start and offset in virtio_net_hdr" },
  introduced: "e269d79c7d35 and older",
  fixedIn: "v6.11 (rc2; 6.10.3)",
  releases: presence("PPPPPPF"),
  story:
    "The start of the checksum was known to lie inside the large packet only: after segmentation it could lie behind the end of a segment.",
  caughtBy: ["csum-start-at-transport", "no-warnings"],
  requires: [],
  unfix: {
    virtioNet: { isTcpChecksum: () => () => true },
    tcpOffload: { checkCsumStart: () => () => 0 },
    udpOffload: { checkCsumStart: () => () => 0 },
  },
});
