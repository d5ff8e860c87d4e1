import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { truesizeNeverWraps } from "./truesizeNeverWraps.js";

describe("truesize-never-wraps", () => {
  test("holds for sizes that a packet can have", () => {
    expect(judge(truesizeNeverWraps, sampleRun())).toBe("holds");
  });
  test("is broken when the head's truesize fell below zero", () => {
    const run = bend(sampleRun(), (bent) => {
      segmentOf(bent, 0).truesize = 0xffff_fe00;
      const after = bent.calls[0]?.after;
      if (after !== undefined) after.truesize = 0xffff_fe00;
    });
    expect(judge(truesizeNeverWraps, run)).toEqual(["segment truesize", "packet truesize"]);
  });
  test("does not apply when it was negative before", () => {
    const run = bend(sampleRun(), ({ calls }) => {
      for (const { input } of calls) input.truesize = 2 ** 31;
    });
    expect(judge(truesizeNeverWraps, run)).toBe("not-applicable");
  });
});
