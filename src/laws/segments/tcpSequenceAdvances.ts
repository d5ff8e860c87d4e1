import { getU32 } from "../../bytes/view.js";
import { TCP_SEQ } from "../../wire/tcp.js";
import { law } from "../law.js";
import { placeOf } from "./cutCall.js";
import { checkStreams } from "./tcpHeaders.js";

/** Modulo 2^32. A receiver puts the stream together by these numbers alone. */
export const tcpSequenceAdvances = law({
  name: "tcp-sequence-advances",
  law: "The sequence number of each TCP segment is the one before plus the payload that the one before carried.",
  standsFor: ["SEG-17", "I3"],
  check: (run) =>
    checkStreams(run, ({ cut, headers, tcp, segments, findings }) => {
      findings.applies();
      let expected = tcp.seq;
      for (const segment of segments) {
        const received = getU32(segment.bytes, headers.l4Offset + TCP_SEQ);
        if (received !== expected) {
          const place = `${cut.path}: ${segment.index === 0 ? "first" : "later"}`;
          findings.broken({ place, expected: `${expected}`, received: `${received}`, at: placeOf(cut, segment) });
        }
        expected = (expected + segment.payload.length) >>> 0;
      }
    }),
});
