import { law } from "../law.js";
import { placeOf } from "./cutCall.js";
import { checkStreams } from "./tcpHeaders.js";
import { SKBTX_ANY_TSTAMP } from "./timestampOnFirst.js";

/** For a byte stream the key is a sequence number: the sender asked when that byte left. */
export const tcpTimestampOnItsByte = law({
  name: "tcp-timestamp-on-its-byte",
  law: "A request for a transmit time stamp goes with the TCP segment that has the byte which the key names.",
  standsFor: ["SEG-24", "I15"],
  check: (run) =>
    checkStreams(run, ({ cut, tcp, segments, findings }) => {
      const { txFlags, tskey, members } = cut.call.input.shinfo;
      const asked = txFlags & SKBTX_ANY_TSTAMP;
      // Bytes in front of the packet are behind it modulo 2^32. What is not asked for is not in the way.
      const offset = (tskey - tcp.seq) >>> 0;
      if (asked === 0 || members.some((member) => (member.shinfo.txFlags & SKBTX_ANY_TSTAMP) !== 0)) return;
      const total = segments.reduce((sum, { payload }) => sum + payload.length, 0);
      if (offset >= total) return;
      findings.applies();
      let begin = 0;
      for (const segment of segments) {
        const end = begin + segment.payload.length;
        const isDue = offset >= begin && offset < end;
        begin = end;
        const { txFlags: has, tskey: key } = segment.view.shinfo;
        const received = has & SKBTX_ANY_TSTAMP;
        const at = placeOf(cut, segment);
        if (received !== (isDue ? asked : 0)) {
          const place = `${cut.path}: ${isDue ? "missing" : "on another segment"}`;
          findings.broken({ place, expected: `${isDue ? asked : 0}`, received: `${received}`, at });
        } else if (isDue && key !== tskey) {
          findings.broken({ place: `${cut.path}: tskey`, expected: `${tskey}`, received: `${key}`, at });
        }
      }
    }),
});
