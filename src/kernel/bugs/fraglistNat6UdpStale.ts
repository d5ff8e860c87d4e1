import { historicalBug, presence } from "../historicalBug.js";

export const fraglistNat6UdpStale = historicalBug({
  id: "fraglist-nat6-udp-stale",
  symbols: ["__udp_gso_segment_list"],
  fixedBy: { commit: "b936a9b8d4a5", subject: "net: ipv6: fix UDPv6 GSO segmentation with NAT" },
  introduced: "9fd1ff5d2ac7, v5.6",
  fixedIn: "v6.15 (6.12.28, 6.1.138)",
  releases: presence("-PPPPPP"),
  story:
    "What had been mended for IPv4 was forgotten for IPv6: of a translated list all datagrams but the first left untranslated.",
  caughtBy: ["ipv6-rest-unchanged", "edits-reach-every-frame"],
  requires: [],
  unfix: {
    udpOffload: { carryListChanges6: () => (segs) => segs },
  },
});
