import { getU16 } from "../../bytes/view.js";
import { IPV6_HLEN, IPV6_PAYLOAD_LEN } from "../../wire/ipv6.js";
import { law } from "../law.js";
import { lengthDue, placeOf } from "./cutCall.js";
import { checkNetworkHeaders } from "./networkHeader.js";

/** Extension headers count as payload. A partial segment announces the length of one unit. */
export const ipv6LengthRight = law({
  name: "ipv6-length-right",
  law: "The IPv6 payload length of a segment is the number of bytes behind the fixed header.",
  standsFor: ["SEG-13", "I3"],
  check: (run) =>
    checkNetworkHeaders(run, 6, ({ cut, segment, headers, path, bytes, findings }) => {
      const expected = lengthDue(cut, segment, headers.l3Offset + IPV6_HLEN) & 0xffff;
      const received = getU16(bytes, headers.l3Offset + IPV6_PAYLOAD_LEN);
      if (expected === received) return;
      findings.broken({ place: path, expected: `${expected}`, received: `${received}`, at: placeOf(cut, segment) });
    }),
});
