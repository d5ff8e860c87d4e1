import { law } from "../law.js";
import { checkAggregates, payloadOfFrame, placeIn } from "./batch.js";

/** gso_size is all that says where to cut a merged packet again. */
export const mergedSizesEven = law({
  name: "merged-sizes-even",
  law: "Every frame of a merged packet but the last has a payload of gso_size bytes, the last one at most that.",
  standsFor: ["GRO-5", "I2", "I12"],
  check: (run) =>
    checkAggregates(run, (aggregate, findings) => {
      findings.applies();
      const { gsoSize } = aggregate.delivery.view.shinfo;
      for (const [i, frame] of aggregate.frames.entries()) {
        const { length } = payloadOfFrame(aggregate, frame);
        const isLast = i === aggregate.frames.length - 1;
        if (isLast ? length <= gsoSize : length === gsoSize) continue;
        findings.broken({
          place: `${isLast ? "last" : "size"}${aggregate.kind}`,
          expected: `${isLast ? "at most " : ""}${gsoSize} bytes`,
          received: `${length} bytes`,
          at: placeIn(aggregate, frame),
        });
      }
    }),
});
