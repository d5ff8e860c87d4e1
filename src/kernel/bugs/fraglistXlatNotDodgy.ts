import { headHoldsOneSegment } from "../../net/ipv4/tcpOffload.seams.js";
import { headHoldsOneDatagram } from "../../net/ipv4/udpOffload.seams.js";
import { historicalBug, presence } from "../historicalBug.js";

export const fraglistXlatNotDodgy = historicalBug({
  id: "fraglist-xlat-not-dodgy",
  symbols: [
    "bpf_skb_proto_4_to_6",
    "bpf_skb_proto_6_to_4",
    "tcp4_gso_segment",
    "tcp6_gso_segment",
    "__udp_gso_segment",
  ],
  fixedBy: { commit: "426ca15c7f6c", subject: "net: fix segmentation of forwarding fraglist GRO" },
  introduced: "9fd1ff5d2ac7, v5.6",
  fixedIn: "v6.19 (6.12.69, 6.1.167)",
  releases: presence("-PPPPPP"),
  story:
    "A program translated the first header of a list to the other IP family without saying so, and the list was taken apart as if nothing had happened: all packets but the first left untranslated.",
  caughtBy: ["ipv6-rest-unchanged", "list-keeps-datagrams", "checksum-right-on-the-wire"],
  requires: [],
  unfix: {
    filter: { markTranslated: () => () => {} },
    udpOffload: { mayTakeListPath: (inForce) => (skb) => inForce(skb) || headHoldsOneDatagram(skb) },
    tcpOffload: { mayTakeListPath: (inForce) => (skb) => inForce(skb) || headHoldsOneSegment(skb) },
  },
});
