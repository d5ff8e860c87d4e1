import { concat } from "../../bytes/concat.js";
import { equalBytes } from "../../bytes/diff.js";
import { describeDifference } from "../../bytes/hexdump.js";
import { law } from "../law.js";
import { checkAggregates, payloadOfFrame, placeIn } from "./batch.js";

/** Padding behind a frame's packet is no part of it. */
export const mergedPayloadJoins = law({
  name: "merged-payload-joins",
  law: "The payload of a merged packet is that of its frames in their order.",
  standsFor: ["GRO-4", "I1", "I12"],
  check: (run) =>
    checkAggregates(run, (aggregate, findings) => {
      findings.applies();
      const expected = concat(aggregate.frames.map((frame) => payloadOfFrame(aggregate, frame)));
      const received = aggregate.delivery.frame.subarray(aggregate.layer.payloadOffset);
      if (equalBytes(expected, received)) return;
      findings.broken({
        place: `${expected.length === received.length ? "bytes" : "length"}${aggregate.kind}`,
        expected: `${expected.length} bytes as they came`,
        received: describeDifference(expected, received),
        at: placeIn(aggregate),
      });
    }),
});
