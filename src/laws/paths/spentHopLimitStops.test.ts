import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { type FloodOptions, floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, poke } from "../testing/sampleRun.js";
import { spentHopLimitStops } from "./spentHopLimitStops.js";

const spent = (change: (run: Mutable<Run>) => void = () => {}, options: FloodOptions = {}) =>
  bend(floodRun({ exits: ["route"], ...options }), (run) => {
    const [holder] = run.holders;
    if (holder?.entered !== undefined) poke(holder.entered, 21, 1);
    change(run);
  });

describe("spent-hop-limit-stops", () => {
  test("holds of a packet that was dropped", () => {
    const run = spent(({ holders }) => void Object.assign(holders[0] ?? {}, { outcome: "dropped", frames: [] }));
    expect(judge(spentHopLimitStops, run)).toBe("holds");
  });
  test("is broken by one that went on", () => {
    expect(judge(spentHopLimitStops, spent())).toEqual(["forwarded (fraglist)"]);
  });
  test("does not apply while there are hops left", () => {
    expect(judge(spentHopLimitStops, floodRun({ exits: ["route"] }))).toBe("not-applicable");
  });
});
