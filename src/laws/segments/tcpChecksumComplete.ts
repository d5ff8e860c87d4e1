import { law } from "../law.js";
import { checkCalls } from "./cutCall.js";
import { checkComplete, TCP_SUMS } from "./transportChecksums.js";

/** TCP has no way of saying that there is none: a segment with a wrong sum is lost in silence. */
export const tcpChecksumComplete = law({
  name: "tcp-checksum-complete",
  law: "The TCP checksum of a segment that no device will complete verifies.",
  standsFor: ["SEG-17", "SEG-4", "I4"],
  check: (run) => checkCalls(run, (cut, findings) => checkComplete(run, cut, TCP_SUMS, findings)),
});
