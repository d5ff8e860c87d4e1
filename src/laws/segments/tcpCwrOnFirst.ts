import { TCP_FLAGS, TCPHDR_CWR } from "../../wire/tcp.js";
import { law } from "../law.js";
import { placeOf } from "./cutCall.js";
import { checkStreams } from "./tcpHeaders.js";

/** RFC 3168: the answer to one congestion signal is given once. */
export const tcpCwrOnFirst = law({
  name: "tcp-cwr-on-first",
  law: "The flag CWR of a TCP packet is on its first segment alone.",
  standsFor: ["SEG-17", "I3"],
  check: (run) =>
    checkStreams(run, ({ cut, headers, tcp, segments, findings }) => {
      findings.applies();
      for (const segment of segments) {
        const isSet = ((segment.bytes[headers.l4Offset + TCP_FLAGS] ?? 0) & TCPHDR_CWR) !== 0;
        const expected = segment.index === 0 && (tcp.flags & TCPHDR_CWR) !== 0;
        if (isSet === expected) continue;
        findings.broken({
          place: `${cut.path}: ${segment.index === 0 ? "first" : "later"}`,
          expected: expected ? "set" : "clear",
          received: isSet ? "set" : "clear",
          at: placeOf(cut, segment),
        });
      }
    }),
});
