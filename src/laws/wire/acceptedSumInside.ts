/** Whoever completes the checksum writes where the header says, in the linear part. */
import { CHECKSUM_PARTIAL } from "../../abi/features.js";
import { Findings, law } from "../law.js";
import { acceptedPacket, csumStartOf } from "./acceptedPacket.js";

const LAST_OFFSET = 0xffff;

export const acceptedSumInside = law({
  name: "accepted-sum-inside",
  law: "The checksum field of a packet that a tap accepted lies inside the linear part.",
  standsFor: ["I5", "I11"],
  check(run) {
    const findings = new Findings(run);
    const view = acceptedPacket(run);
    if (view === undefined || view.ipSummed !== CHECKSUM_PARTIAL) return findings.verdict();
    findings.applies();
    const end = csumStartOf(view) + view.csumOffset + 2;
    const linear = view.tail - view.macHeader;
    if (end > linear) {
      const at = { skb: view.serial };
      findings.broken({ place: "csum_offset", expected: `at most ${linear} bytes on`, received: `${end}`, at });
    }
    if (view.csumStart >= LAST_OFFSET || view.csumStart < view.macHeader) {
      const at = { skb: view.serial };
      findings.broken({ place: "csum_start", expected: "inside the buffer", received: `${view.csumStart}`, at });
    }
    return findings.verdict();
  },
});
