import { historicalBug, presence } from "../historicalBug.js";

export const udpGroMisdirection = historicalBug({
  id: "udp-gro-misdirection",
  symbols: ["udp_queue_rcv_skb", "udp_unexpected_gso", "udp_rcv_segment"],
  fixedBy: { commit: "cf329aa42b66", subject: "udp: cope with UDP GRO packet misdirection" },
  introduced: "e20cf8d3f1f7, v5.0-rc1",
  fixedIn: "v5.0",
  releases: presence("FFFFFFF"),
  story:
    "Nobody looked whether an aggregate came to a socket that had asked for aggregates: others read many datagrams as one.",
  caughtBy: ["datagrams-delivered-once"],
  requires: [],
  unfix: {
    udp: { isUnexpectedKind: () => () => false, landsInTunnel: () => () => false },
  },
});
