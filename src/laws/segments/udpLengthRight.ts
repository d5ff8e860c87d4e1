import { getU16 } from "../../bytes/view.js";
import { UDP_HLEN, UDP_LEN } from "../../wire/udp.js";
import { law } from "../law.js";
import { checkCalls, lengthIsConsistent, placeOf } from "./cutCall.js";

/** The aggregate's length is undone in the head of a list; a partial segment has the length of all that it carries. */
export const udpLengthRight = law({
  name: "udp-length-right",
  law: "The UDP length of a segment is eight more than its payload.",
  standsFor: ["SEG-15", "I3"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const { headers } = cut;
      if (headers === undefined || cut.into !== "datagrams" || (cut.call.listPath && !lengthIsConsistent(cut))) return;
      for (const segment of cut.segments) {
        if (segment.bytes === undefined || segment.payload === undefined || segment.bytes.length < cut.headerLen)
          continue;
        findings.applies();
        const expected = (UDP_HLEN + segment.payload.length) & 0xffff;
        const received = getU16(segment.bytes, headers.l4Offset + UDP_LEN);
        if (expected === received) continue;
        const which = segment.index === 0 ? "first" : segment.index === cut.segments.length - 1 ? "last" : "middle";
        findings.broken({
          place: `${cut.path}: ${which}`,
          expected: `${expected}`,
          received: `${received}`,
          at: placeOf(cut, segment),
        });
      }
    }),
});
