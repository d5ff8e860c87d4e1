import { historicalBug, presence } from "../historicalBug.js";

export const udpGroFlistCompleteEncap = historicalBug({
  id: "udp-gro-flist-complete-encap",
  symbols: ["udp_gro_complete", "udp4_gro_complete", "udp6_gro_complete"],
  fixedBy: { commit: "e0e3070a9bc9", subject: "udp: properly complete L4 GRO over UDP tunnel packet" },
  introduced: "9fd1ff5d2ac7, v5.6",
  fixedIn: "v5.13",
  releases: presence("-FFFFFF"),
  story:
    "A list of what is inside a tunnel was completed as a list of outer datagrams: the tunnel disappeared from the type, and inner lengths stayed those of the first packet.",
  caughtBy: ["merged-list-shape", "merged-sizes-even", "outer-checksum-right", "tunnel-checksums-right-on-the-wire"],
  requires: [],
  unfix: {
    udpGro: { isListOfThisLayer: () => (cb) => cb.isFlist },
  },
});
