import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** SKBTX_HW_TSTAMP, SW_TSTAMP, HW_TSTAMP_USE_CYCLES, SCHED_TSTAMP. @kernel include/linux/skbuff.h */
export const SKBTX_ANY_TSTAMP = 75;

/** The sender waits for one time stamp for what it sent in one call. UFO never carried the request over. */
export const timestampOnFirst = law({
  name: "timestamp-on-first",
  law: "A request for a transmit time stamp goes with the first segment alone.",
  standsFor: ["SEG-24", "I15"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const { input } = cut.call;
      const asked = input.shinfo.txFlags & SKBTX_ANY_TSTAMP;
      if (asked === 0 || cut.into !== "datagrams") return;
      if (input.shinfo.members.some((member) => (member.shinfo.txFlags & SKBTX_ANY_TSTAMP) !== 0)) return;
      for (const segment of cut.segments) {
        findings.applies();
        const { txFlags, tskey } = segment.view.shinfo;
        const expected = segment.index === 0 ? asked : 0;
        const received = txFlags & SKBTX_ANY_TSTAMP;
        const at = placeOf(cut, segment);
        const which = segment.index === 0 ? "first" : "later";
        if (received !== expected) {
          findings.broken({
            place: `${cut.path}: ${which} tx_flags`,
            expected: `${expected}`,
            received: `${received}`,
            at,
          });
        }
        if (segment.index === 0 && tskey !== input.shinfo.tskey) {
          findings.broken({ place: `${cut.path}: tskey`, expected: `${input.shinfo.tskey}`, received: `${tskey}`, at });
        }
      }
    }),
});
