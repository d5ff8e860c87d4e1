import { law } from "../law.js";
import { checkAggregates, placeIn } from "./batch.js";

/** Drops, queue limits and identifications are all counted by it. */
export const mergedCountRight = law({
  name: "merged-count-right",
  law: "The gso_segs of a merged packet is the number of frames that it was made of.",
  standsFor: ["GRO-2", "I10"],
  check: (run) =>
    checkAggregates(run, (aggregate, findings) => {
      findings.applies();
      const expected = aggregate.delivery.made.length;
      const received = aggregate.delivery.view.shinfo.gsoSegs;
      if (expected === received && expected > 1) return;
      const place = `${expected > 1 ? "gso_segs" : "a GSO packet of one frame"}${aggregate.kind}`;
      findings.broken({ place, expected: `${expected}`, received: `${received}`, at: placeIn(aggregate) });
    }),
});
