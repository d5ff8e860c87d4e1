import { law } from "../law.js";
import { checkPseudoSums, UDP_SUMS } from "./transportChecksums.js";

/** The device adds the payload to what it finds there. */
export const udpPseudoSumRight = law({
  name: "udp-pseudo-sum-right",
  law: "A segment whose checksum a device will complete holds the pseudo-header sum of its own length.",
  standsFor: ["SEG-16", "I4"],
  check: (run) => checkPseudoSums(run, UDP_SUMS),
});
