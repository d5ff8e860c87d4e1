import { EINVAL } from "../../skb/errno.js";
import { historicalBug, presence } from "../historicalBug.js";

export const fraglistCsumStartCheck = historicalBug({
  id: "fraglist-csum-start-check",
  symbols: ["__udp_gso_segment"],
  fixedBy: { commit: "b128ed5ab273", subject: "udp: fix receiving fraglist GSO packets" },
  introduced: "89add40066f9, v6.11-rc2 (6.10.3)",
  fixedIn: "v6.11 (rc5; 6.10.7, 6.1.107)",
  releases: presence("-------"),
  story:
    "The start of the checksum was held against lists too, where nobody ever sets it: every list of datagrams was refused.",
  caughtBy: ["valid-never-refused", "datagrams-delivered-once"],
  requires: [],
  unfix: {
    udpOffload: { checkCsumStart: () => (skb) => (skb.csumStart === skb.transportHeader ? 0 : -EINVAL) },
  },
});
