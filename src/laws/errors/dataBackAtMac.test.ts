import { describe, expect, test } from "vitest";
import { failedRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { sampleRun } from "../testing/sampleRun.js";
import { dataBackAtMac } from "./dataBackAtMac.js";

describe("data-back-at-mac", () => {
  test("holds when the headers are back in front", () => {
    expect(judge(dataBackAtMac, failedRun({}))).toBe("holds");
  });
  test("is broken when a handler's pull was not undone", () => {
    const run = failedRun({}, (after) => {
      after.data += 54;
      after.len -= 54;
    });
    expect(judge(dataBackAtMac, run)).toEqual(["data"]);
  });
  test("does not apply to a call that succeeded", () => {
    expect(judge(dataBackAtMac, sampleRun())).toBe("not-applicable");
  });
});
