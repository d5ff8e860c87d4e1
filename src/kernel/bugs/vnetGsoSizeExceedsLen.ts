import { historicalBug, presence } from "../historicalBug.js";

export const vnetGsoSizeExceedsLen = historicalBug({
  id: "vnet-gso-size-exceeds-len",
  symbols: ["virtio_net_hdr_to_skb"],
  fixedBy: { commit: "6dd912f82680", subject: "net: check untrusted gso_size at kernel entry" },
  introduced: "bfd5f4a3d605, v2.6.34",
  fixedIn: "v5.7 (5.6.16)",
  releases: presence("PFFFFFF"),
  story: "A gso_size larger than the packet was believed, so that there were GSO packets of less than one segment.",
  caughtBy: ["accepted-gso-bounded"],
  requires: [],
  unfix: {
    virtioNet: { kindOf: () => () => "gso" },
  },
});
