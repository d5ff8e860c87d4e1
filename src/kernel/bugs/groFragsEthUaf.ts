import { getU16 } from "../../bytes/view.js";
import { ETH_PROTO } from "../../wire/ethernet.js";
import { historicalBug, presence } from "../historicalBug.js";

export const groFragsEthUaf = historicalBug({
  id: "gro-frags-eth-uaf",
  symbols: ["napi_frags_skb"],
  fixedBy: { commit: "a4270d6795b0", subject: "net-gro: fix use-after-free read in napi_gro_frags()" },
  introduced: "a50e233c50db, v3.15",
  fixedIn: "v5.2 (CVE-2020-10720)",
  releases: presence("FFFFFFF"),
  story:
    "The EtherType was read from the first fragment after the link header had been pulled out of it: a fragment of exactly that length was gone by then.",
  caughtBy: ["no-use-after-free"],
  requires: [],
  unfix: {
    gro: {
      etherProto: (linear) => (skb, cameFrom) => {
        if (cameFrom === undefined) return linear(skb, cameFrom);
        const { page, offset } = cameFrom;
        if (page.refs <= 0) throw skb.mem.invalid("use-after-free", page.name, "bytes");
        return getU16(skb.mem.arena.bytes, page.base + offset + ETH_PROTO);
      },
    },
  },
});
