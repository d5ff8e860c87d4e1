import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { everyFrameDeliveredOnce } from "./everyFrameDeliveredOnce.js";

describe("every-frame-delivered-once", () => {
  test("holds when all were merged, and when one came alone", () => {
    expect([groRun(), groRun({ merged: 2 })].map((run) => judge(everyFrameDeliveredOnce, run))).toEqual([
      "holds",
      "holds",
    ]);
  });
  test("is broken by a frame that is gone", () => {
    const run = bendGro(groRun({ merged: 2 }), (gro) => void gro.delivered.pop());
    expect(judge(everyFrameDeliveredOnce, run)).toEqual(["lost"]);
  });
  test("is broken by a frame that is delivered twice", () => {
    const run = bendGro(groRun({ merged: 2 }), (gro) => void gro.delivered[0]?.made.push(2));
    expect(judge(everyFrameDeliveredOnce, run)).toEqual(["more than once"]);
  });
  test("is broken by a frame that was refused and still came through", () => {
    const run = bendGro(groRun(), ({ frames }) => Object.assign(frames[1] as object, { result: "EINVAL" }));
    expect(judge(everyFrameDeliveredOnce, run)).toEqual(["refused and delivered"]);
  });
  test("says nothing of frames without payload, which cannot be told apart", () => {
    expect(judge(everyFrameDeliveredOnce, groRun({ payloads: [5, 5, 0] }))).toBe("not-applicable");
  });
});
