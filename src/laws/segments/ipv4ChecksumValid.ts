import { ipv4HeaderChecksumOk } from "../../wire/frame.js";
import { law } from "../law.js";
import { placeOf } from "./cutCall.js";
import { checkNetworkHeaders } from "./networkHeader.js";

/** RFC 791: the header's words, the checksum's among them, sum to all ones. */
export const ipv4ChecksumValid = law({
  name: "ipv4-checksum-valid",
  law: "The IPv4 header checksum of every segment is valid.",
  standsFor: ["SEG-12", "I4"],
  check: (run) =>
    checkNetworkHeaders(run, 4, ({ cut, segment, headers, path, bytes, findings }) => {
      if (ipv4HeaderChecksumOk(bytes, headers)) return;
      findings.broken({
        place: path,
        expected: "a valid header checksum",
        received: "a wrong one",
        at: placeOf(cut, segment),
      });
    }),
});
