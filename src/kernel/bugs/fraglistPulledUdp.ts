import { historicalBug, presence } from "../historicalBug.js";

export const fraglistPulledUdp = historicalBug({
  id: "fraglist-pulled-udp",
  symbols: ["__udp_gso_segment"],
  fixedBy: { commit: "a1e40ac5b5e9", subject: "gso: fix udp gso fraglist segmentation after pull from frag_list" },
  introduced: "9fd1ff5d2ac7, v5.6",
  fixedIn: "v6.12 (6.11.3, 6.6.55, 6.1.113; CVE-2024-49978)",
  releases: presence("-PPPPPF"),
  story:
    "A list was taken apart by its members even after somebody had pulled bytes of it into the head: datagram boundaries were wrong, and with nothing left to take apart the second segment was NULL.",
  caughtBy: ["never-faults", "sizes-even", "udp-length-right"],
  requires: [],
  unfix: {
    udpOffload: { mayTakeListPath: () => () => true },
  },
});
