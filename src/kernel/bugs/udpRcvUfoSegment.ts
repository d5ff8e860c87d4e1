import { historicalBug, presence } from "../historicalBug.js";

export const udpRcvUfoSegment = historicalBug({
  id: "udp-rcv-ufo-segment",
  symbols: ["udp_rcv_segment"],
  fixedBy: { commit: "d46e51f1c78b", subject: "net: drop UFO packets in udp_rcv_segment()" },
  introduced: "cf329aa42b66, v5.0",
  fixedIn: "v6.17 (6.12.42, 6.1.148)",
  releases: presence("PPPPPPP"),
  story:
    "One datagram to be sent as IP fragments was cut for a socket as if it were many: pieces shorter than a UDP header stopped the kernel.",
  caughtBy: ["never-faults"],
  requires: [],
  unfix: {
    udp: { refusesToSegment: () => () => false },
  },
});
