import { law } from "../law.js";
import { checkCalls, intoPackets, placeOf } from "./cutCall.js";

/**
 * Later layers find headers through these offsets and never look for them again.
 *
 * A fragment after the first has no transport header, so there the offset means nothing. Of packets in tunnels tunnel laws tell.
 */
export const headerOffsetsRight = law({
  name: "header-offsets-right",
  law: "The header offsets of a segment point at its headers.",
  standsFor: ["SEG-11", "I5"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      if (cut.headers === undefined || cut.layers.length > 1 || cut.call.input.encapsulation) return;
      const { macLen, l4Offset } = cut.headers;
      for (const segment of cut.segments) {
        findings.applies();
        const { data, macHeader, networkHeader, transportHeader, macLen: recorded } = segment.view;
        const offsets = [
          { place: "mac_header", expected: 0, received: macHeader - data },
          { place: "network_header", expected: macLen, received: networkHeader - macHeader },
          { place: "mac_len", expected: macLen, received: recorded },
        ];
        if (intoPackets(cut)) {
          offsets.push({ place: "transport_header", expected: l4Offset, received: transportHeader - macHeader });
        }
        for (const { place, expected, received } of offsets) {
          if (expected === received) continue;
          const where = { place: `${cut.path}: ${place}`, at: placeOf(cut, segment) };
          findings.broken({ ...where, expected: `${expected} bytes on`, received: `${received} bytes on` });
        }
      }
    }),
});
