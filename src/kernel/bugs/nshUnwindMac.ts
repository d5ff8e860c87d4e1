import { historicalBug, presence } from "../historicalBug.js";

export const nshUnwindMac = historicalBug({
  id: "nsh-unwind-mac",
  symbols: ["nsh_gso_segment"],
  fixedBy: {
    commit: "c83b49383b59",
    subject: "net: nsh: Use correct mac_offset to unwind gso skb in nsh_gso_segment()",
  },
  introduced: "c411ed854584, v4.14",
  fixedIn: "v6.4 (6.1.30)",
  releases: presence("PPPFFFF"),
  story:
    "After a failure the MAC header was put back by counting from the network header, which the inner handler may have moved: it came to lie inside the packet.",
  caughtBy: ["list-error-state", "no-warnings", "data-back-at-mac"],
  requires: [],
  unfix: {
    nsh: { macHeaderToRestore: () => (skb, outer) => (skb.networkHeader - outer.outerHlen) & 0xffff },
  },
});
