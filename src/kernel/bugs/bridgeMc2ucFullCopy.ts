import { kfreeSkb } from "../../skb/free.js";
import { skbLinearize } from "../../skb/pullTail.js";
import { historicalBug, presence } from "../historicalBug.js";

export const bridgeMc2ucFullCopy = historicalBug({
  id: "bridge-mc2uc-full-copy",
  symbols: ["maybe_deliver_addr"],
  fixedBy: { commit: "59c878cbcdd8", subject: "net: bridge: fix multicast-to-unicast with fraglist GSO" },
  introduced: "6db6f0eae605, v4.11; matters since v5.6",
  fixedIn: "v6.9 (6.8.10, 6.1.91)",
  releases: presence("-PPPPFF"),
  story:
    "Each receiver of a multicast frame sent as unicast got a linear copy, which still claimed to be a list: it was taken apart with nothing in it.",
  caughtBy: ["never-faults"],
  requires: ["fraglist-pulled-udp"],
  unfix: {
    brForward: {
      copyForAddress: (shared) => (skb) => {
        const copy = shared(skb);
        if (copy === null || skbLinearize(copy)) return copy;
        kfreeSkb(copy);
        return null;
      },
    },
  },
});
