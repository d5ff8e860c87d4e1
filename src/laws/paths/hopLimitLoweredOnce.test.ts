import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { type FloodOptions, floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, poke } from "../testing/sampleRun.js";
import { hopLimitLoweredOnce } from "./hopLimitLoweredOnce.js";

/** A router's run: the packet came with one hop more than its frames have. */
const routed = (options: FloodOptions = {}, change: (run: Mutable<Run>) => void = () => {}) =>
  bend(floodRun({ exits: ["route"], ...options }), (run) => {
    const [holder] = run.holders;
    const at = options.family === "ipv4" ? 22 : 21;
    if (holder?.entered !== undefined) poke(holder.entered, at, 65);
    change(run);
  });

describe("hop-limit-lowered-once", () => {
  test("holds of either family", () => {
    expect([routed(), routed({ family: "ipv4" })].map((run) => judge(hopLimitLoweredOnce, run))).toEqual([
      "holds",
      "holds",
    ]);
  });
  test("is broken by members of a list that keep theirs", () => {
    const run = routed({}, ({ holders }) => void holders[0]?.frames[2]?.bytes?.fill(65, 21, 22));
    expect(judge(hopLimitLoweredOnce, run)).toEqual(["later (fraglist)"]);
  });
  test("is broken by two hops at once", () => {
    const run = routed({ gso: "tcp" }, ({ holders }) => void holders[0]?.frames[0]?.bytes?.fill(63, 21, 22));
    expect(judge(hopLimitLoweredOnce, run)).toEqual(["first (tcp)"]);
  });
  test("does not apply to a port", () => {
    expect(judge(hopLimitLoweredOnce, floodRun())).toBe("not-applicable");
  });
});
