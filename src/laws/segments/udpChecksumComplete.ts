import { concat } from "../../bytes/concat.js";
import { udpChecksumState } from "../../wire/frame.js";
import { UDP_HLEN } from "../../wire/udp.js";
import { Findings, law } from "../law.js";
import { type CutCall, cutCalls, layerOf, lengthIsConsistent, placeOf } from "./cutCall.js";
import { checkComplete, UDP_SUMS } from "./transportChecksums.js";

/** Nobody behind the segmenter sums a segment that is not PARTIAL. Fragments are put together first. */
export const udpChecksumComplete = law({
  name: "udp-checksum-complete",
  law: "The UDP checksum of a segment that no device will complete verifies.",
  standsFor: ["SEG-16", "SEG-4", "I4"],
  check: (run) => {
    const findings = new Findings();
    for (const cut of cutCalls(run)) {
      if (cut.into === "fragments") checkDatagram(cut, findings);
      else checkComplete(run, cut, UDP_SUMS, findings);
    }
    return findings.verdict();
  },
});

/** The sum lies in the first fragment and covers what all of them carry. */
function checkDatagram(cut: CutCall, findings: Findings): void {
  const { headers, call, payload } = cut;
  if (headers === undefined || payload === undefined || call.chain !== "ends" || !lengthIsConsistent(cut)) return;
  const pieces = cut.segments.flatMap((segment) => segment.payload ?? []);
  if (pieces.length < cut.segments.length || (pieces[0]?.length ?? 0) < UDP_HLEN) return;
  findings.applies();
  const whole = concat([cut.template.subarray(0, headers.l4Offset), ...pieces]);
  const layer = layerOf(cut, whole);
  const state = layer === undefined ? "bad" : udpChecksumState(whole, layer);
  if (state === "ok") return;
  findings.broken({ place: cut.path, expected: "a sum that verifies", received: state, at: placeOf(cut) });
}
