import { historicalBug, presence } from "../historicalBug.js";

export const fraglistNat4UdpStale = historicalBug({
  id: "fraglist-nat4-udp-stale",
  symbols: ["__udp_gso_segment_list"],
  fixedBy: { commit: "c3df39ac9b0e", subject: "udp: ipv4: manipulate network header of NATed UDP GRO fraglist" },
  introduced: "9fd1ff5d2ac7, v5.6",
  fixedIn: "v5.11 (5.10.15)",
  releases: presence("-FFFFFF"),
  story:
    "Address translation changes the first header of a list only, and nothing carried the new addresses and ports over to the other datagrams: they left untranslated.",
  caughtBy: ["ipv4-rest-unchanged", "edits-reach-every-frame"],
  requires: [],
  unfix: {
    udpOffload: { carryListChanges4: () => (segs) => segs },
  },
});
