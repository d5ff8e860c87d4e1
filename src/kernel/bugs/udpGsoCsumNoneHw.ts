import { historicalBug, presence } from "../historicalBug.js";

export const udpGsoCsumNoneHw = historicalBug({
  id: "udp-gso-csum-none-hw",
  symbols: ["__udp_gso_segment"],
  fixedBy: { commit: "30b03f2a0592", subject: "udp: Fall back to software USO if IPv6 extension headers are present" },
  introduced: "10154dbded6d, v6.11-rc1",
  fixedIn: "v6.11 (rc4)",
  releases: presence("-------"),
  story:
    "A packet without a partial checksum was left to a device that segments UDP, although nobody would fill the checksums in.",
  caughtBy: ["checksum-right-on-the-wire", "no-warnings"],
  requires: [],
  unfix: {
    udpOffload: { featuresForSummed: () => (_skb, features) => features },
  },
});
