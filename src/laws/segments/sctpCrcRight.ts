import { sctpChecksumState } from "../../wire/frame.js";
import { law } from "../law.js";
import { checkCalls, isUnfinished, layerOf, placeOf } from "./cutCall.js";

/** Unlike a sum, a CRC cannot be patched: whoever finishes one has to read the whole packet. */
export const sctpCrcRight = law({
  name: "sctp-crc-right",
  law: "The CRC of an SCTP segment that no device will complete is that of the segment.",
  standsFor: ["SEG-16", "I4"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      // A packet that came with its CRC done has one for all of it in the header, which is copied.
      if (cut.into !== "messages" || !isUnfinished(cut, cut.call.input)) return;
      for (const segment of cut.segments) {
        const { bytes, view } = segment;
        const layer = bytes && layerOf(cut, bytes);
        if (bytes === undefined || layer === undefined || isUnfinished(cut, view)) continue;
        findings.applies();
        const received = sctpChecksumState(bytes, layer);
        if (received === "ok") continue;
        findings.broken({ place: cut.path, expected: "a CRC that verifies", received, at: placeOf(cut, segment) });
      }
    }),
});
