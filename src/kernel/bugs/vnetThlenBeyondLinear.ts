import { historicalBug, presence } from "../historicalBug.js";

export const vnetThlenBeyondLinear = historicalBug({
  id: "vnet-thlen-beyond-linear",
  symbols: ["virtio_net_hdr_to_skb"],
  fixedBy: { commit: "9274124f023b", subject: "net: stricter validation of untrusted gso packets" },
  introduced: "bfd5f4a3d605, v2.6.34",
  fixedIn: "v5.7 (5.6.13)",
  releases: presence("PFFFFFF"),
  story:
    "Whether the transport header that a virtio_net_hdr announces is there was never asked: its length was read from behind the packet.",
  caughtBy: ["tap-accepts-by-the-rules", "no-out-of-bounds"],
  requires: [],
  unfix: {
    virtioNet: { pullHeaders: () => () => true },
  },
});
