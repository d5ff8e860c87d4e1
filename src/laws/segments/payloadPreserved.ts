import { concat } from "../../bytes/concat.js";
import { equalBytes } from "../../bytes/diff.js";
import { describeDifference } from "../../bytes/hexdump.js";
import { law } from "../law.js";
import { type CutCall, checkCalls, placeOf } from "./cutCall.js";

const UDP_CHECK = 6;

/**
 * Segmentation moves bytes. It may not lose, add, reorder or change one.
 *
 * Fragments join to the datagram with its UDP header, whose checksum is computed on the way.
 */
export const payloadPreserved = law({
  name: "payload-preserved",
  law: "The segments' payloads, joined in order, are the payload of the input.",
  standsFor: ["SEG-4", "I1"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      if (cut.payload === undefined || cut.into === "unknown" || cut.call.chain !== "ends") return;
      findings.applies();
      const unreadable = cut.segments.find((segment) => segment.payload === undefined);
      if (unreadable !== undefined) {
        const received = `${unreadable.view.len} bytes claimed, not all there`;
        findings.broken({
          place: `${cut.path}: unreadable`,
          expected: "a readable segment",
          received,
          at: placeOf(cut, unreadable),
        });
        return;
      }
      const expected = comparable(cut.payload, cut);
      const received = comparable(concat(cut.segments.map((segment) => segment.payload ?? new Uint8Array())), cut);
      if (equalBytes(expected, received)) return;
      findings.broken({
        place: cut.path,
        expected: `${expected.length} bytes as they came`,
        received: describeDifference(expected, received),
        at: placeOf(cut),
      });
    }),
});

function comparable(bytes: Uint8Array, cut: CutCall): Uint8Array {
  if (cut.into !== "fragments" || bytes.length < UDP_CHECK + 2) return bytes;
  return bytes.slice().fill(0, UDP_CHECK, UDP_CHECK + 2);
}
