import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** Byte queue limits, socket accounting and IPv4 identifications all count on it. */
export const gsoSegsRight = law({
  name: "gso-segs-right",
  law: "The gso_segs of a partial segment is the number of units of gso_size that it carries.",
  standsFor: ["SEG-6", "I10"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      if (!cut.partial) return;
      for (const segment of cut.segments) {
        const { gsoSize, gsoSegs } = segment.view.shinfo;
        // A last segment of one unit is an ordinary packet again; its stale count means nothing.
        if (gsoSize === 0 || segment.payload === undefined) continue;
        findings.applies();
        const units = Math.ceil(segment.payload.length / gsoSize);
        if (gsoSegs === units) continue;
        const place = segment.index === cut.segments.length - 1 ? "last" : "gso_segs";
        findings.broken({
          place: place + cut.kind,
          expected: `${units}`,
          received: `${gsoSegs}`,
          at: placeOf(cut, segment),
        });
      }
    }),
});
