import { firstDifference } from "../../bytes/diff.js";
import { hex } from "../../bytes/hexdump.js";
import {
  TCP_ACK_SEQ,
  TCP_CHECK,
  TCP_DOFF,
  TCP_FLAGS,
  TCP_HLEN,
  TCP_SEQ,
  TCP_URG_PTR,
  TCP_WINDOW,
  TCPHDR_CWR,
  TCPHDR_FIN,
  TCPHDR_PSH,
} from "../../wire/tcp.js";
import { law } from "../law.js";
import { placeOf } from "./cutCall.js";
import { checkStreams } from "./tcpHeaders.js";

const SHOWN = 60;

/** Ports, acknowledgement, window, urgent pointer, options: as they are in the packet. */
export const tcpRestUnchanged = law({
  name: "tcp-rest-unchanged",
  law: "The TCP header of a segment is the input's but for sequence number, checksum, FIN, PSH, CWR.",
  standsFor: ["SEG-17", "I3", "I14"],
  check: (run) =>
    checkStreams(run, ({ cut, headers, input, segments, findings }) => {
      findings.applies();
      const expected = masked(input.subarray(headers.l4Offset, headers.payloadOffset));
      for (const segment of segments) {
        const received = masked(segment.bytes.subarray(headers.l4Offset, headers.payloadOffset));
        const offset = firstDifference(expected, received);
        if (offset === -1) continue;
        findings.broken({
          place: `${cut.path}: ${fieldAt(offset)}`,
          expected: hex(expected, SHOWN),
          received: hex(received, SHOWN),
          at: { ...placeOf(cut, segment), offset },
        });
      }
    }),
});

/** Without the fields that have laws of their own. */
function masked(header: Uint8Array): Uint8Array {
  const copy = header
    .slice()
    .fill(0, TCP_SEQ, TCP_SEQ + 4)
    .fill(0, TCP_CHECK, TCP_CHECK + 2);
  copy[TCP_FLAGS] = (copy[TCP_FLAGS] ?? 0) & ~(TCPHDR_FIN | TCPHDR_PSH | TCPHDR_CWR);
  return copy;
}

function fieldAt(offset: number): string {
  if (offset >= TCP_HLEN) return "options";
  if (offset >= TCP_URG_PTR) return "urgent pointer";
  if (offset >= TCP_WINDOW) return "window";
  if (offset === TCP_FLAGS) return "flags";
  if (offset === TCP_DOFF) return "header length";
  return offset >= TCP_ACK_SEQ ? "acknowledgement" : "ports";
}
