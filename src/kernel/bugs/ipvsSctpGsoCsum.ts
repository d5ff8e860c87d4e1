import { CHECKSUM_PARTIAL } from "../../abi/features.js";
import { historicalBug, presence } from "../historicalBug.js";

export const ipvsSctpGsoCsum = historicalBug({
  id: "ipvs-sctp-gso-csum",
  symbols: ["sctp_snat_handler", "sctp_dnat_handler"],
  fixedBy: { commit: "e10d3ba4d434", subject: "ipvs: Fix checksumming on GSO of SCTP packets" },
  introduced: "90017accff61, v4.8",
  fixedIn: "v6.10",
  releases: presence("PPPPPPF"),
  story:
    "Address translation computed the CRC over an SCTP packet that was to be cut still: each of its packets left with that same CRC.",
  caughtBy: ["sctp-crc-right", "checksum-right-on-the-wire"],
  requires: [],
  unfix: {
    nat: { computesSctpChecksum: () => (skb) => skb.ipSummed !== CHECKSUM_PARTIAL },
  },
});
