import { getU16 } from "../../bytes/view.js";
import { UDP_LEN } from "../../wire/udp.js";
import { law } from "../law.js";
import { checkCalls, lengthDue, placeOf } from "./cutCall.js";

/** Modulo 2^16, as the field is. A partial segment announces the length of one unit. */
export const outerLengthRight = law({
  name: "outer-length-right",
  law: "The UDP length of a tunnel around a segment covers everything from its header on.",
  standsFor: ["SEG-23", "I3"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      for (const layer of cut.layers.slice(0, -1)) {
        if (layer.udp === undefined) continue;
        for (const segment of cut.segments) {
          if (segment.bytes === undefined || segment.bytes.length < cut.headerLen) continue;
          findings.applies();
          const expected = lengthDue(cut, segment, layer.l4Offset) & 0xffff;
          const received = getU16(segment.bytes, layer.l4Offset + UDP_LEN);
          if (expected === received) continue;
          const at = placeOf(cut, segment);
          findings.broken({ place: cut.path, expected: `${expected}`, received: `${received}`, at });
        }
      }
    }),
});
