/** Every check that is missing lets a program stop the kernel; every check too many loses a valid frame. */
import { Findings, law } from "../law.js";
import { refusalOf, requestOf } from "./vnetRules.js";

/** Memory that runs out is no rule, and neither are tags that nobody follows. */
export const tapAcceptsByTheRules = law({
  name: "tap-accepts-by-the-rules",
  law: "A tap accepts a frame exactly when its virtio_net_hdr keeps the rules.",
  standsFor: ["I11"],
  check(run) {
    const findings = new Findings();
    const request = requestOf(run);
    const { arrival, errno } = run.packet;
    if (request === undefined || (arrival === "refused" && errno !== "EINVAL")) return findings.verdict();
    findings.applies();
    const refusal = refusalOf(request);
    if ((refusal === undefined) === (arrival === "accepted")) return findings.verdict();
    findings.broken({
      place: `${arrival} (${request.gso})`,
      expected: refusal === undefined ? "accepted" : `refused: ${refusal}`,
      received: `${arrival} ${errno}`.trim(),
      at: { csumStart: request.csumStart, frameLength: request.frameLength },
    });
    return findings.verdict();
  },
});
