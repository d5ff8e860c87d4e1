import { TCP_FLAGS, TCPHDR_FIN, TCPHDR_PSH } from "../../wire/tcp.js";
import { law } from "../law.js";
import { placeOf } from "./cutCall.js";
import { checkStreams } from "./tcpHeaders.js";

const FLAGS = [
  ["FIN", TCPHDR_FIN],
  ["PSH", TCPHDR_PSH],
] as const;

/** FIN ends the stream behind the payload; whatever came after a FIN would be thrown away. */
export const tcpEndFlagsOnLast = law({
  name: "tcp-end-flags-on-last",
  law: "The flags FIN or PSH of a TCP packet are on its last segment alone.",
  standsFor: ["SEG-17", "I3"],
  check: (run) =>
    checkStreams(run, ({ cut, headers, tcp, segments, last, findings }) => {
      findings.applies();
      for (const segment of segments) {
        const flags = segment.bytes[headers.l4Offset + TCP_FLAGS] ?? 0;
        for (const [name, bit] of FLAGS) {
          const expected = segment.index === last && (tcp.flags & bit) !== 0;
          if (((flags & bit) !== 0) === expected) continue;
          findings.broken({
            place: `${cut.path}: ${name} ${expected ? "missing" : "too many"}`,
            expected: expected ? "set" : "clear",
            received: expected ? "clear" : "set",
            at: placeOf(cut, segment),
          });
        }
      }
    }),
});
