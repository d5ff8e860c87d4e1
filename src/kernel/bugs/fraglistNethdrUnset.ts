import { historicalBug, presence } from "../historicalBug.js";

export const fraglistNethdrUnset = historicalBug({
  id: "fraglist-nethdr-unset",
  symbols: ["tcp_gro_receive", "udp_gro_receive_segment"],
  fixedBy: { commit: "9f735b6f8a77", subject: "net: fix segmentation after TCP/UDP fraglist GRO" },
  introduced: "186b1ea73ad8, v6.10",
  fixedIn: "v6.16 (6.12.40)",
  releases: presence("------P"),
  story:
    "Receive offload no longer noted where the IP header of a merged packet is, which whoever takes the list apart relies on: behind tags or in a tunnel he compared and rewrote the wrong bytes.",
  caughtBy: [
    "header-offsets-right",
    "list-keeps-datagrams",
    "frames-carry-the-datagrams",
    "ipv4-rest-unchanged",
    "ipv6-rest-unchanged",
  ],
  requires: [],
  unfix: {
    udpGro: { rememberNetworkHeader: () => () => {} },
    tcpGro: { rememberNetworkHeader: () => () => {} },
  },
});
