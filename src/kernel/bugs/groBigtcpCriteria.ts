import { napiGroCb } from "../../net/core/gro/napiGroCb.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import { HOP_JUMBO_HLEN } from "../../wire/ipv6Ext.js";
import { IPPROTO_TCP } from "../../wire/tcp.js";
import { historicalBug, presence } from "../historicalBug.js";

export const groBigtcpCriteria = historicalBug({
  id: "gro-bigtcp-criteria",
  symbols: ["skb_gro_receive", "ipv6_gro_complete"],
  fixedBy: { commit: "03cb8cc2961f", subject: "net: gro: properly validate BIG TCP aggregation criteria" },
  introduced: "v5.19; loosened by b1a78b9b9886, v6.3",
  fixedIn: "6.12.106, 6.6.154, 6.1.185; by a rewrite in v7.0",
  releases: presence("--PPPPP"),
  story:
    "Beyond 64 KiB it was asked how much room is in front of the data, not in front of the link header, where the jumbo header goes: eight bytes were written in front of the buffer. Tags and tunnels were let through.",
  caughtBy: ["no-out-of-bounds", "merged-within-limits"],
  requires: [],
  unfix: {
    groMerge: {
      mayExceedLegacySize: () => (p, skb) => {
        if (napiGroCb(skb).proto !== IPPROTO_TCP || p.encapsulation) return false;
        return p.protocol !== ETH_P_IPV6 || p.headroom >= HOP_JUMBO_HLEN;
      },
    },
  },
});
