import { SKB_GSO_TCPV4, SKB_GSO_TCPV6 } from "../../abi/features.js";
import { historicalBug, presence } from "../historicalBug.js";

export const groDodgyMerged = historicalBug({
  id: "gro-dodgy-merged",
  symbols: ["dev_gro_receive"],
  fixedBy: { commit: "7871f54e3dee", subject: "gro: take care of DODGY packets" },
  introduced: "5eddb24901ee, v6.1",
  fixedIn: "v6.2 (6.1.7)",
  releases: presence("--PFFFF"),
  story:
    "An aggregate from an untrusted source, whose number of segments nobody has counted yet, was merged further: the count of the result was too low.",
  caughtBy: ["merged-count-right", "gso-segs-right"],
  requires: [],
  unfix: {
    gro: { isTrustedGso: () => (gsoType) => (gsoType & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) !== 0 },
  },
});
