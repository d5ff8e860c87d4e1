import { historicalBug, presence } from "../historicalBug.js";

export const ipv6GsoMtuUnchecked = historicalBug({
  id: "ipv6-gso-mtu-unchecked",
  symbols: ["__ip6_finish_output"],
  fixedBy: { commit: "b210de4f8c97", subject: "net: ipv6: Validate GSO SKB before finish IPv6 processing" },
  introduced: "9e50849054a4",
  fixedIn: "v5.11 (5.10.10)",
  releases: presence("PFFFFFF"),
  story:
    "A GSO packet was never held against the MTU, however long its segments: they left longer than the next hop takes.",
  caughtBy: ["forwarded-fits-mtu"],
  requires: [],
  unfix: {
    ip6Output: { segmentsFit: () => () => true },
  },
});
