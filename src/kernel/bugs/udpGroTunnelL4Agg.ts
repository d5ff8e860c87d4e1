import { historicalBug, presence } from "../historicalBug.js";

export const udpGroTunnelL4Agg = historicalBug({
  id: "udp-gro-tunnel-l4-agg",
  symbols: ["udp_gro_receive"],
  fixedBy: { commit: "18f25dc39990", subject: "udp: skip L4 aggregation for UDP tunnel packets" },
  introduced: "9fd1ff5d2ac7, v5.6",
  fixedIn: "v5.13 (5.12.4, 5.10.37)",
  releases: presence("-FFFFFF"),
  story:
    "Datagrams that belong to a tunnel were merged as datagrams: packets of different inner flows, even of different networks, in one aggregate.",
  caughtBy: ["merged-payload-joins", "merged-list-shape", "lone-frame-unchanged"],
  requires: [],
  unfix: {
    udpGro: { mayMergeDatagrams: () => () => true },
  },
});
