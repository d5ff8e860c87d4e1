import type { TunnelKind } from "../../wire/frameLayers.js";
import { law } from "../law.js";
import { checkCalls, isUnfinished, placeOf } from "./cutCall.js";

/** Tunnels that take the mark off and put it back. IP in IP leaves it as it was. */
const KINDS: readonly (TunnelKind | undefined)[] = ["vxlan", "gre", "gre-ip"];

/** The mark tells a device that it has to look for the checksum inside. */
export const encapsulationWhileUnfinished = law({
  name: "encapsulation-while-unfinished",
  law: "A segment in a tunnel is marked as encapsulated exactly when its inner checksum is left to the device.",
  standsFor: ["SEG-23", "I4"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      if (cut.layers.length !== 2 || !KINDS.includes(cut.layers[0]?.carries?.kind)) return;
      for (const segment of cut.segments) {
        findings.applies();
        const expected = isUnfinished(cut, segment.view);
        const received = segment.view.encapsulation;
        if (expected === received) continue;
        findings.broken({
          place: `${cut.path}: ${expected ? "missing" : "left over"}`,
          expected: expected ? "set" : "clear",
          received: received ? "set" : "clear",
          at: placeOf(cut, segment),
        });
      }
    }),
});
