import { getU16 } from "../../bytes/view.js";
import { IPV4_TOT_LEN } from "../../wire/ipv4.js";
import { law } from "../law.js";
import { lengthDue, placeOf } from "./cutCall.js";
import { checkNetworkHeaders } from "./networkHeader.js";

/** A partial segment announces the length of one unit: the device repeats the header for each. */
export const ipv4LengthRight = law({
  name: "ipv4-length-right",
  law: "The IPv4 total length of a segment is the length of its packet.",
  standsFor: ["SEG-12", "I3"],
  check: (run) =>
    checkNetworkHeaders(run, 4, ({ cut, segment, headers, path, bytes, findings }) => {
      const expected = lengthDue(cut, segment, headers.l3Offset) & 0xffff;
      const received = getU16(bytes, headers.l3Offset + IPV4_TOT_LEN);
      if (expected === received) return;
      findings.broken({ place: path, expected: `${expected}`, received: `${received}`, at: placeOf(cut, segment) });
    }),
});
