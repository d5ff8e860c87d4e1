import { historicalBug, presence } from "../historicalBug.js";

export const vnetUsoUnvalidated = historicalBug({
  id: "vnet-uso-unvalidated",
  symbols: ["virtio_net_hdr_to_skb"],
  fixedBy: { commit: "fc8b2a619469", subject: "net: more strict VIRTIO_NET_HDR_GSO_UDP_L4 validation" },
  introduced: "860b7f27b8f7, v6.2",
  fixedIn: "v6.6 (6.5.9)",
  releases: presence("---PFFF"),
  story:
    "Datagrams to be cut were accepted without a checksum to complete, with one in another place, in any number, and with ECN.",
  caughtBy: ["tap-accepts-by-the-rules", "accepted-datagrams-bounded"],
  requires: [],
  unfix: {
    virtioNet: { checkUdpL4: () => () => 0 },
  },
});
