import { historicalBug, presence } from "../historicalBug.js";

export const vnetUfoTransportHeader = historicalBug({
  id: "vnet-ufo-transport-header",
  symbols: ["virtio_net_hdr_to_skb"],
  fixedBy: { commit: "cf9acc90c80e", subject: "net: virtio_net_hdr_to_skb: count transport header in UFO" },
  introduced: "6dd912f82680, v5.7",
  fixedIn: "v5.16 (5.15.5)",
  releases: presence("-PFFFFF"),
  story:
    "The first fragment of a datagram holds its header too, which was not counted: a datagram a little longer than one fragment was taken for an ordinary packet, too long to be sent.",
  caughtBy: ["frames-carry-the-datagrams"],
  requires: [],
  unfix: {
    virtioNet: { fragmented: () => (payload) => payload },
  },
});
