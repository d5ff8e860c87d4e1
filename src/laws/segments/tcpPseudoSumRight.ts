import { law } from "../law.js";
import { checkPseudoSums, TCP_SUMS } from "./transportChecksums.js";

/** The device adds header and payload to what it finds there, and knows of no other length than the packet's. */
export const tcpPseudoSumRight = law({
  name: "tcp-pseudo-sum-right",
  law: "A TCP segment whose checksum a device will complete holds the pseudo-header sum of its own length.",
  standsFor: ["SEG-17", "I4"],
  check: (run) => checkPseudoSums(run, TCP_SUMS),
});
