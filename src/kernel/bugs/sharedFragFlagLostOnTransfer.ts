import { SKBFL_SHARED_FRAG } from "../../skb/SharedInfo.js";
import { historicalBug, presence } from "../historicalBug.js";

export const sharedFragFlagLostOnTransfer = historicalBug({
  id: "shared-frag-flag-lost-on-transfer",
  symbols: ["skb_segment", "skb_gro_receive", "skb_gro_receive_list", "__pskb_copy_fclone"],
  fixedBy: {
    commit: "48f6a5356a33",
    subject: "net: skbuff: propagate shared-frag marker through frag-transfer helpers",
  },
  introduced: "cef401de7be8, v3.9",
  fixedIn: "v7.1 (rc5; 6.12.90, 6.1.174)",
  releases: presence("PPPPPPP"),
  story:
    "The mark that somebody else may write to page fragments did not go along with fragments of list members, merged packets and copies: whoever decrypts in place wrote to files.",
  caughtBy: ["shared-frag-flag-follows"],
  requires: [],
  unfix: {
    skbSegment: { sharedFragOf: () => () => 0 },
    groMerge: { carrySharedFrag: () => () => {} },
    brForward: {
      copyForAddress: (marked) => (skb) => {
        const copy = marked(skb);
        if (copy !== null) copy.shinfo.flags &= ~SKBFL_SHARED_FRAG;
        return copy;
      },
    },
  },
});
