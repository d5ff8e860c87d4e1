import { CHECKSUM_COMPLETE, CHECKSUM_PARTIAL } from "../../abi/features.js";
import { law } from "../law.js";
import { canChecksumCut, checkCalls, placeOf } from "./cutCall.js";

/** Left to a device that cannot sum, the checksum would never be made. A tunnel may be summed where its content is not. */
export const noPartialWithoutOffload = law({
  name: "no-partial-without-offload",
  law: "For a device that cannot sum the protocol, the generic path leaves no checksum unfinished.",
  standsFor: ["SEG-18", "I4", "I14"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const { headers, call } = cut;
      if (call.listPath || headers === undefined || cut.layers.length > 1 || canChecksumCut(cut)) return;
      for (const segment of cut.segments) {
        const { ipSummed, remcsumOffload } = segment.view;
        if (remcsumOffload) continue;
        findings.applies();
        if (ipSummed !== CHECKSUM_PARTIAL && ipSummed !== CHECKSUM_COMPLETE) continue;
        const received = ipSummed === CHECKSUM_PARTIAL ? "PARTIAL" : "COMPLETE";
        findings.broken({ place: `${cut.path}: ${received}`, expected: "NONE", received, at: placeOf(cut, segment) });
      }
    }),
});
