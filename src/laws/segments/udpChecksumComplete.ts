import { CHECKSUM_PARTIAL } from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import type { Run } from "../../recipe/Run.js";
import { udpChecksumState } from "../../wire/frame.js";
import { UDP_HLEN } from "../../wire/udp.js";
import { Findings, law } from "../law.js";
import { parsedFrame } from "../parsedFrame.js";
import { checksumGround } from "./checksumGround.js";
import { type CutCall, cutCalls, lengthIsConsistent, placeOf } from "./cutCall.js";

/** Nobody behind the segmenter sums a segment that is not PARTIAL. Fragments are put together first. */
export const udpChecksumComplete = law({
  name: "udp-checksum-complete",
  law: "The UDP checksum of a segment that no device will complete verifies.",
  standsFor: ["SEG-16", "SEG-4", "I4"],
  check: (run) => {
    const findings = new Findings();
    for (const cut of cutCalls(run)) {
      if (cut.into === "fragments") checkDatagram(cut, findings);
      else checkSegments(run, cut, findings);
    }
    return findings.verdict();
  },
});

function checkSegments(run: Run, cut: CutCall, findings: Findings): void {
  for (const segment of cut.segments) {
    if (segment.view.ipSummed === CHECKSUM_PARTIAL || segment.bytes === undefined) continue;
    const ground = checksumGround(run, cut, segment);
    const parsed = parsedFrame(segment.bytes);
    if (parsed?.udp === undefined || (ground !== "computed" && ground !== "full")) continue;
    findings.applies();
    const state = udpChecksumState(segment.bytes, parsed);
    if (state === "ok") continue;
    const place = `${cut.path}: ${segment.index === 0 ? "first" : "later"}`;
    findings.broken({ place, expected: "a sum that verifies", received: state, at: placeOf(cut, segment) });
  }
}

/** The sum lies in the first fragment and covers what all of them carry. */
function checkDatagram(cut: CutCall, findings: Findings): void {
  const { headers, call, payload } = cut;
  if (headers === undefined || payload === undefined || call.chain !== "ends" || !lengthIsConsistent(cut)) return;
  const pieces = cut.segments.flatMap((segment) => segment.payload ?? []);
  if (pieces.length < cut.segments.length || (pieces[0]?.length ?? 0) < UDP_HLEN) return;
  findings.applies();
  const input = call.input.bytes ?? call.input.linear;
  const whole = concat([input.subarray(0, headers.l4Offset), ...pieces]);
  const parsed = parsedFrame(whole);
  const state = parsed === undefined ? "bad" : udpChecksumState(whole, parsed);
  if (state === "ok") return;
  findings.broken({ place: cut.path, expected: "a sum that verifies", received: state, at: placeOf(cut) });
}
