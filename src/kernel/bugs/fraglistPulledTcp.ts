import { historicalBug, presence } from "../historicalBug.js";

export const fraglistPulledTcp = historicalBug({
  id: "fraglist-pulled-tcp",
  symbols: ["tcp4_gso_segment", "tcp6_gso_segment"],
  fixedBy: { commit: "17bd3bd82f9f", subject: "net: gso: fix tcp fraglist segmentation after pull from frag_list" },
  introduced: "bee88cd5bd83, v6.10",
  fixedIn: "v6.12 (6.11.3, 6.1.167)",
  releases: presence("------F"),
  story:
    "A list of TCP segments was taken apart by its members even after somebody had pulled bytes of it into the head: bytes were sent under the wrong header, and with nothing left to take apart the second segment was NULL.",
  caughtBy: ["never-faults", "list-keeps-datagrams", "payload-preserved"],
  requires: [],
  unfix: {
    tcpOffload: { mayTakeListPath: () => () => true },
  },
});
