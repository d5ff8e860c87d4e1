import { NETIF_F_GSO_ROBUST } from "../../abi/features.js";
import { skbGsoOk } from "../../net/core/features.js";
import { historicalBug, presence } from "../historicalBug.js";

export const udpGsoDodgyFallthrough = historicalBug({
  id: "udp-gso-dodgy-fallthrough",
  symbols: ["udp4_ufo_fragment", "udp6_ufo_fragment", "__udp_gso_segment"],
  fixedBy: { commit: "9840036786d9", subject: "gso: fix dodgy bit handling for GSO_UDP_L4" },
  introduced: "1fd54773c267, v6.2",
  fixedIn: "v6.5 (6.4.7)",
  releases: presence("---PFFF"),
  story:
    "An untrusted packet that the device could have taken whole was not cut into datagrams, but fell through to the code that makes IP fragments of one datagram.",
  caughtBy: ["takes-whole-what-it-can"],
  requires: [],
  unfix: {
    udpOffload: {
      isCutIntoDatagrams: (right) => (skb, features) =>
        right(skb, features) && !skbGsoOk(skb, features | NETIF_F_GSO_ROBUST),
      leavesToDevice: () => () => false,
    },
  },
});
