import { historicalBug, presence } from "../historicalBug.js";

export const udpGsoOwnerKept = historicalBug({
  id: "udp-gso-owner-kept",
  symbols: ["__udp_gso_segment"],
  fixedBy: { commit: "ee01b2f2d7d0", subject: "net: gso: fix ownership in __udp_gso_segment" },
  introduced: "ad405857b174, v4.18",
  fixedIn: "v6.14 (6.12.19, 6.1.131)",
  releases: presence("PPPPPPP"),
  story:
    "The original lost its destructor but kept its socket; whoever used it further, as an inspecting switch does, died when taking it from its owner.",
  caughtBy: ["owner-with-destructor", "never-faults"],
  requires: [],
  unfix: {
    udpOffload: {
      disown: () => (skb) => {
        skb.destructor = "";
      },
    },
  },
});
