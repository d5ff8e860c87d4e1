import { readU16 } from "../../skb/bytes.js";
import { IP_DF, IPV4_FRAG_OFF } from "../../wire/ipv4.js";
import { historicalBug, presence } from "../historicalBug.js";

export const gsoFeaturesUnpulledIphdr = historicalBug({
  id: "gso-features-unpulled-iphdr",
  symbols: ["gso_features_check"],
  fixedBy: { commit: "ddc748a391dd", subject: "net: use skb_header_pointer() for TCPv4 GSO frag_off check" },
  introduced: "cbc53e08a793, v4.7",
  fixedIn: "v7.0 (6.12.81)",
  releases: presence("PPPPPPP"),
  story:
    "The fragment word of an IPv4 header was read where the header should be, without looking whether it lies in the linear part: a decision was taken on bytes that nobody wrote.",
  caughtBy: ["no-out-of-bounds"],
  requires: [],
  unfix: {
    dev: {
      forbidsFragments: () => (skb, nhoff) => (readU16(skb, skb.data + nhoff + IPV4_FRAG_OFF) & IP_DF) !== 0,
    },
  },
});
