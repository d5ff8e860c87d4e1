import { historicalBug, presence } from "../historicalBug.js";

export const udpRcvProtoSign = historicalBug({
  id: "udp-rcv-proto-sign",
  symbols: ["udp_queue_rcv_skb"],
  fixedBy: {
    commit: "10c678bd0a03",
    subject: "udp: fix the proto value passed to ip_protocol_deliver_rcu for the segments",
  },
  introduced: "cf329aa42b66, v5.0",
  fixedIn: "v5.10 (5.9.16)",
  releases: presence("PFFFFFF"),
  story:
    "A segment that its socket passed on to another protocol was passed on to the negative of its number, an index in front of the table of protocols.",
  caughtBy: ["datagrams-delivered-once"],
  requires: [],
  unfix: {
    udp: { protocolOfSegment: () => (ret) => -ret },
  },
});
