import { GSO_BY_FRAGS } from "../../abi/features.js";
import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** The generic path cuts at multiples of gso_size, wherever the pieces of the input begin. For fragments the UDP header counts. */
export const sizesEven = law({
  name: "sizes-even",
  law: "The generic path fills every segment but the last with exactly gso_size bytes.",
  standsFor: ["SEG-5", "I2"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const mss = cut.call.input.shinfo.gsoSize;
      if (cut.call.listPath || cut.partial || cut.into === "unknown" || cut.call.chain !== "ends") return;
      if (cut.payload === undefined || mss === 0 || mss === GSO_BY_FRAGS) return;
      findings.applies();
      const count = Math.ceil(cut.payload.length / mss);
      if (cut.segments.length !== count) {
        const received = `${cut.segments.length} segments`;
        findings.broken({ place: `${cut.path}: count`, expected: `${count} segments`, received, at: placeOf(cut) });
      }
      for (const segment of cut.segments) {
        const due = Math.min(mss, cut.payload.length - segment.index * mss);
        const size = segment.payload?.length;
        if (size === undefined || due <= 0 || size === due) continue;
        const which = segment.index === cut.segments.length - 1 ? "last" : "size";
        findings.broken({
          place: `${cut.path}: ${which}`,
          expected: `${due} bytes`,
          received: `${size} bytes`,
          at: placeOf(cut, segment),
        });
      }
    }),
});
