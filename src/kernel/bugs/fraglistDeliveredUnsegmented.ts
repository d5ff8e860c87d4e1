import { SKB_GSO_UDP_L4 } from "../../abi/features.js";
import { historicalBug, presence } from "../historicalBug.js";

export const fraglistDeliveredUnsegmented = historicalBug({
  id: "fraglist-delivered-unsegmented",
  symbols: ["udp_unexpected_gso", "udp_lib_setsockopt"],
  fixedBy: { commit: "78352f73dc50", subject: "udp: never accept GSO_FRAGLIST packets" },
  introduced: "9fd1ff5d2ac7, v5.6",
  fixedIn: "v5.13 (5.10.37)",
  releases: presence("-FFFFFF"),
  story:
    "A socket that asked for large payloads got lists as well, which it cannot read: one read returned several datagrams, or a part of them.",
  caughtBy: ["only-accepted-aggregates"],
  requires: [],
  unfix: {
    udp: {
      isUnexpectedKind: () => (socket, skb) => (skb.shinfo.gsoType & SKB_GSO_UDP_L4) !== 0 && !socket.acceptsL4,
    },
  },
});
