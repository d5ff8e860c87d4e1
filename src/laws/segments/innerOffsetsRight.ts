import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** A driver programs its hardware by these and by nothing else. With one tunnel there is no doubt which layer they mean. */
export const innerOffsetsRight = law({
  name: "inner-offsets-right",
  law: "The inner header offsets of a segment marked as encapsulated point at its inner headers.",
  standsFor: ["SEG-23", "I5"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const { headers, layers, into } = cut;
      const carries = layers[0]?.carries;
      if (headers === undefined || carries === undefined || layers.length !== 2 || into === "fragments") return;
      for (const segment of cut.segments) {
        const { view } = segment;
        if (!view.encapsulation) continue;
        findings.applies();
        const offsets = [
          { place: "inner_network_header", expected: headers.l3Offset, received: view.innerNetworkHeader },
          { place: "inner_transport_header", expected: headers.l4Offset, received: view.innerTransportHeader },
        ];
        if (carries.inner === "ethernet" || carries.kind === "gre-ip") {
          offsets.push({ place: "inner_mac_header", expected: headers.start, received: view.innerMacHeader });
        }
        for (const { place, expected, received } of offsets) {
          if (expected === received - view.macHeader) continue;
          findings.broken({
            place: `${cut.path}: ${place}`,
            expected: `${expected} bytes on`,
            received: `${received - view.macHeader} bytes on`,
            at: placeOf(cut, segment),
          });
        }
      }
    }),
});
