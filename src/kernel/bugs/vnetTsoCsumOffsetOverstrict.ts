import { TCP_CHECK } from "../../wire/tcp.js";
import { historicalBug, presence } from "../historicalBug.js";

export const vnetTsoCsumOffsetOverstrict = historicalBug({
  id: "vnet-tso-csum-offset-overstrict",
  symbols: ["virtio_net_hdr_to_skb"],
  fixedBy: { commit: "6513eb3d3191", subject: "net: tighten bad gso csum offset check in virtio_net_hdr" },
  introduced: "89add40066f9, v6.11-rc2",
  fixedIn: "v6.11 (6.10.11, 6.1.111)",
  releases: presence("-------"),
  story:
    "Where TCP has its checksum was asked even of packets that leave none to complete, which say nothing about it: they were refused.",
  caughtBy: ["tap-accepts-by-the-rules"],
  requires: [],
  unfix: {
    virtioNet: { isTcpChecksum: () => (skb) => skb.csumOffset === TCP_CHECK },
  },
});
