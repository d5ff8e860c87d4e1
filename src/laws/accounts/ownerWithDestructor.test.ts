import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { ownerWithDestructor } from "./ownerWithDestructor.js";

describe("owner-with-destructor", () => {
  test("holds with neither, or with both", () => {
    expect(judge(ownerWithDestructor, sampleRun())).toBe("holds");
    const both = bend(sampleRun(), (run) =>
      Object.assign(segmentOf(run, 0), { sk: "sender", destructor: "sock_wfree" }),
    );
    expect(judge(ownerWithDestructor, both)).toBe("holds");
  });
  test("is broken by an owner that cannot be told, or by a destructor without one", () => {
    const run = bend(sampleRun(), (bent) => {
      segmentOf(bent, 1).sk = "sender";
      const after = bent.calls[0]?.after;
      if (after !== undefined) after.destructor = "sock_wfree";
    });
    expect(judge(ownerWithDestructor, run)).toEqual(["segment sk", "packet destructor"]);
  });
  test("does not apply when nothing was segmented", () => {
    const run = bend(sampleRun(), (bent) => {
      bent.calls = [];
    });
    expect(judge(ownerWithDestructor, run)).toBe("not-applicable");
  });
});
