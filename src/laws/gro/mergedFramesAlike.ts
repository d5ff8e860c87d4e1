import { law } from "../law.js";
import { checkAggregates, placeIn } from "./batch.js";
import { aloneBecause, apartBecause, outOfStepBecause } from "./mergeable.js";

/** Whatever differs between frames of one packet is gone for good. */
export const mergedFramesAlike = law({
  name: "merged-frames-alike",
  law: "No two frames that differ in what cutting cannot restore are merged.",
  standsFor: ["GRO-10", "I12"],
  check: (run) =>
    checkAggregates(run, (aggregate, findings) => {
      const { frames, isList, kind } = aggregate;
      const depth = aggregate.layers.length;
      const [first] = frames;
      if (first === undefined) return;
      findings.applies();
      const broken = (reason: string, at: Readonly<Record<string, number>>): void =>
        findings.broken({ place: reason + kind, expected: "packets of their own", received: "one packet", at });
      for (const frame of frames) {
        const reason = aloneBecause(frame, depth) ?? (frame === first ? undefined : apartBecause(first, frame, depth));
        if (reason !== undefined) broken(reason, placeIn(aggregate, frame));
      }
      const reason = outOfStepBecause(frames, depth, isList);
      if (reason !== undefined) broken(reason, placeIn(aggregate));
    }),
});
