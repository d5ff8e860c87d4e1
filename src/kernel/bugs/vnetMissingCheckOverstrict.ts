import { EINVAL } from "../../skb/errno.js";
import { SKBFL_SHARED_FRAG } from "../../skb/SharedInfo.js";
import { historicalBug, presence } from "../historicalBug.js";

export const vnetMissingCheckOverstrict = historicalBug({
  id: "vnet-missing-check-overstrict",
  symbols: ["virtio_net_hdr_to_skb"],
  fixedBy: { commit: "89add40066f9", subject: "net: drop bad gso csum_start and offset in virtio_net_hdr" },
  introduced: "e269d79c7d35, v6.11-rc1 (6.1.103)",
  fixedIn: "v6.11 (rc2; 6.10.3)",
  releases: presence("-------"),
  story:
    "A check against bad lengths refused packets whose last segment, or whose every segment, is shorter than the headers: ordinary TCP. It also asked for a time stamp by mistake.",
  caughtBy: ["tap-accepts-by-the-rules"],
  requires: [],
  unfix: {
    virtioNet: {
      checkLengths: () => (skb, hdr, needed) => {
        if (hdr.gsoSize === 0) return 0;
        const rest = skb.len % hdr.gsoSize;
        const isSound = skb.len >= hdr.gsoSize && hdr.gsoSize > needed && (rest === 0 || rest > needed);
        if (!isSound) return -EINVAL;
        // A flag of another word, where it stands for a time stamp by the kernel.
        skb.shinfo.txFlags |= SKBFL_SHARED_FRAG;
        return 0;
      },
    },
  },
});
