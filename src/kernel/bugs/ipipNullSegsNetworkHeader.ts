import { historicalBug, presence } from "../historicalBug.js";

export const ipipNullSegsNetworkHeader = historicalBug({
  id: "ipip-null-segs-network-header",
  symbols: ["inet_gso_segment", "ipv6_gso_segment"],
  fixedBy: { commit: "cc20cced0598", subject: "gso: do not skip outer ip header in case of ipip and net_failover" },
  introduced: "cb32f511a70b, v3.13",
  fixedIn: "v5.17 (5.16.12)",
  releases: presence("PPFFFFF"),
  story:
    "A packet that the device takes whole kept its network header on the innermost IP header: the next device in the stack corrected lengths there, and the outer header stayed wrong.",
  caughtBy: ["whole-leaves-packet"],
  requires: [],
  unfix: {
    gso: { restoreNetworkHeader: () => () => {} },
  },
});
