import { historicalBug, presence } from "../historicalBug.js";

export const udpGroInnerL3AsOuter = historicalBug({
  id: "udp-gro-inner-l3-as-outer",
  symbols: ["udp4_gro_complete", "udp6_gro_complete", "udp4_lib_lookup_skb", "udp6_lib_lookup_skb"],
  fixedBy: {
    commit: "5ef31ea5d053",
    subject: "net: gro: fix udp bad offset in socket lookup by adding {inner_}network_offset to napi_gro_cb",
  },
  introduced: "a6024562ffd7, v4.7",
  fixedIn: "v6.9 (6.8.10)",
  releases: presence("PPPPPFF"),
  story:
    "While an outer UDP header was completed, the innermost IP header was taken for the one in front of it: the tunnel's socket was not found, and the checksum began with the wrong addresses.",
  caughtBy: ["outer-checksum-right", "tunnel-checksums-right-on-the-wire"],
  requires: [],
  unfix: {
    groFlush: { completeNetworkOffset: () => (cb) => cb.networkOffsets[1] || cb.networkOffsets[0] },
  },
});
