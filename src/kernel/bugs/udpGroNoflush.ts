import { historicalBug, presence } from "../historicalBug.js";

export const udpGroNoflush = historicalBug({
  id: "udp-gro-noflush",
  symbols: ["udp_gro_receive"],
  fixedBy: { commit: "b43c8909be52", subject: "udp: properly flush normal packet at GRO time" },
  introduced: "18f25dc39990, v5.13",
  fixedIn: "v5.14",
  releases: presence("-FFFFFF"),
  story:
    "A datagram that nobody wants merged was not marked as such: it was held back for others that it could never be merged with.",
  caughtBy: ["flow-order-kept"],
  requires: [],
  unfix: {
    udpGro: { passOn: () => () => {} },
  },
});
