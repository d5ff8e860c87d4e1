import { Findings, law } from "../law.js";
import { batchOf } from "./batch.js";

/** Merged or not, a frame is what somebody sent. */
export const everyFrameDeliveredOnce = law({
  name: "every-frame-delivered-once",
  law: "Every frame that receive offload takes is part of exactly one packet that it delivers.",
  standsFor: ["GRO-1", "I13"],
  check(run) {
    const findings = new Findings();
    const batch = batchOf(run);
    if (batch === undefined) return findings.verdict();
    const times = new Map<number, number>();
    for (const { made } of batch.delivered) for (const i of made) times.set(i, (times.get(i) ?? 0) + 1);
    for (const { index, taken, frame } of batch.frames) {
      findings.applies();
      const seen = times.get(index) ?? 0;
      if (seen === (taken ? 1 : 0)) continue;
      const place = taken ? (seen === 0 ? "lost" : "more than once") : "refused and delivered";
      const at = { frame: index, result: frame.result };
      findings.broken({ place, expected: taken ? "once" : "never", received: `${seen} times`, at });
    }
    return findings.verdict();
  },
});
