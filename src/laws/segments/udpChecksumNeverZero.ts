import { getU16 } from "../../bytes/view.js";
import { UDP_CHECK, UDP_HLEN } from "../../wire/udp.js";
import { law } from "../law.js";
import { checksumGround } from "./checksumGround.js";
import { checkCalls, isUnfinished, placeOf } from "./cutCall.js";

/** RFC 768: 0 means that there is none, so a sum that comes to 0 is sent as all ones. */
export const udpChecksumNeverZero = law({
  name: "udp-checksum-never-zero",
  law: "A UDP checksum that was computed is never sent as 0.",
  standsFor: ["SEG-16", "I4"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const { headers } = cut;
      if (headers?.udp === undefined || cut.into === "unknown") return;
      for (const segment of cut.segments) {
        const { bytes, view, index } = segment;
        // In a list without a ground to judge by, and with a datagram that had none, 0 may be what came in.
        if (cut.call.listPath && checksumGround(run, cut, segment) !== "full") continue;
        if (isUnfinished(cut, view) || (cut.into === "fragments" && index > 0)) continue;
        const at = cut.into === "fragments" ? cut.headerLen : headers.l4Offset;
        if (bytes === undefined || bytes.length < at + UDP_HLEN) continue;
        findings.applies();
        if (getU16(bytes, at + UDP_CHECK) !== 0) continue;
        findings.broken({
          place: cut.path,
          expected: "0xffff or another sum",
          received: "0x0000",
          at: placeOf(cut, segment),
        });
      }
    }),
});
