import { historicalBug, presence } from "../historicalBug.js";

export const ipipGsoRecursion = historicalBug({
  id: "ipip-gso-recursion",
  symbols: ["inet_gso_segment", "ipv6_gso_segment", "__skb_gso_segment"],
  fixedBy: { commit: "006c8b834aed", subject: "net: gso: limit recursive IP-in-IP segmentation" },
  introduced: "not established",
  fixedIn: "after v7.2 (6.12.117; CVE-2026-98853)",
  releases: presence("PPPPPPP"),
  story:
    "IP headers inside each other led the handlers into each other without a limit, until the kernel stack was full.",
  caughtBy: ["never-faults"],
  requires: [],
  unfix: {
    gso: { ipRecursionLimit: () => () => Number.POSITIVE_INFINITY },
  },
});
