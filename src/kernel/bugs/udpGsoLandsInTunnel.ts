import { historicalBug, presence } from "../historicalBug.js";

export const udpGsoLandsInTunnel = historicalBug({
  id: "udp-gso-lands-in-tunnel",
  symbols: ["udp_unexpected_gso"],
  fixedBy: { commit: "3d010c8031e3", subject: "udp: do not accept non-tunnel GSO skbs landing in a tunnel" },
  introduced: "9fd1ff5d2ac7, v5.6",
  fixedIn: "v6.9 (6.1.85)",
  releases: presence("-PPPPFF"),
  story:
    "An aggregate made without knowing of the tunnel was accepted by the tunnel's socket, which took one tunnel header off the front of many packets.",
  caughtBy: ["never-faults", "datagrams-delivered-once"],
  requires: [],
  unfix: {
    udp: { landsInTunnel: () => () => false },
  },
});
