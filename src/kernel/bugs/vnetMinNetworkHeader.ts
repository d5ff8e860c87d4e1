import { historicalBug, presence } from "../historicalBug.js";

export const vnetMinNetworkHeader = historicalBug({
  id: "vnet-min-network-header",
  symbols: ["virtio_net_hdr_to_skb"],
  fixedBy: { commit: "9181d6f8a2bb", subject: "net: add more sanity check in virtio_net_hdr_to_skb()" },
  introduced: "9274124f023b, v5.7",
  fixedIn: "v6.8 (6.6.14)",
  releases: presence("-PPPPFF"),
  story:
    "A GSO packet had to have a transport header, but nothing in front of it: later on an IP header was read that is not there.",
  caughtBy: ["tap-accepts-by-the-rules", "no-out-of-bounds"],
  requires: [],
  unfix: {
    virtioNet: { minNetworkHeader: () => () => 0 },
  },
});
