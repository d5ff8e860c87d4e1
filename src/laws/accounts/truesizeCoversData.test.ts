import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { truesizeCoversData } from "./truesizeCoversData.js";

describe("truesize-covers-data", () => {
  test("holds when every segment claims what it holds", () => {
    expect(judge(truesizeCoversData, sampleRun({ gso: "udp-l4" }))).toBe("holds");
  });
  test("is broken by a segment that forgot its fragments", () => {
    const run = bend(sampleRun({ gso: "udp-l4" }), (bent) => {
      segmentOf(bent, 1).truesize = 576;
    });
    expect(judge(truesizeCoversData, run)).toEqual(["truesize"]);
  });
  test("does not apply to the list path, or to an input that itself claims too little", () => {
    expect(judge(truesizeCoversData, sampleRun())).toBe("not-applicable");
    const poor = bend(sampleRun({ gso: "udp-l4" }), ({ calls }) => {
      for (const { input } of calls) input.truesize = 0;
    });
    expect(judge(truesizeCoversData, poor)).toBe("not-applicable");
  });
});
