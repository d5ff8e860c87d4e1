import { skbPushInner } from "../../skb/pushPull.js";
import { ETH_P_NSH } from "../../wire/nsh.js";
import { historicalBug, presence } from "../historicalBug.js";

export const nshOuterRestore = historicalBug({
  id: "nsh-outer-restore",
  symbols: ["nsh_gso_segment"],
  fixedBy: {
    commit: "4b911a9690d7",
    subject: "nsh: Restore skb->{protocol,data,mac_header} for outer header in nsh_gso_segment()",
  },
  introduced: "c411ed854584, v4.14",
  fixedIn: "v6.9 (6.1.91)",
  releases: presence("PPPPPFF"),
  story:
    "Segments got back the service header, but not what had been in front of it, under the position that the MAC header had before the inner handlers moved it: they went out without an Ethernet header.",
  caughtBy: ["outer-headers-alike", "mac-header-copied"],
  requires: [],
  unfix: {
    nsh: {
      restoreOuter: () => (seg, outer) => {
        seg.protocol = ETH_P_NSH;
        skbPushInner(seg, outer.nshLen);
        seg.macHeader = outer.macHeader;
        seg.networkHeader = (outer.macHeader + outer.macLen) & 0xffff;
        seg.macLen = outer.macLen;
      },
    },
  },
});
