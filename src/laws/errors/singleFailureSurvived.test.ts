import { describe, expect, test } from "vitest";
import { failedRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { singleFailureSurvived } from "./singleFailureSurvived.js";

const report = { object: "skb#4", field: "users", holder: 0, site: ["kfree_skb_list"], before: 0, after: 0, other: -1 };
const fault = {
  kind: "NULLDEREF",
  id: "list-second",
  holder: 0,
  site: ["__udp_gso_segment_list"],
  values: {},
} as const;

describe("single-failure-survived", () => {
  test("holds when the failure led to an errno", () => {
    expect(judge(singleFailureSurvived, failedRun({}))).toBe("holds");
  });
  test("is broken by a leak, by memory freed twice", () => {
    const run = bend(failedRun({}), ({ memory }) => {
      memory.push({ ...report, site: [], kind: "leak" }, { ...report, site: [...report.site], kind: "double-free" });
      memory.push({ ...report, site: [], kind: "shared-write" });
    });
    expect(judge(singleFailureSurvived, run)).toEqual(["leak of skb (fraglist)", "double-free of skb (fraglist)"]);
  });
  test("is broken by a fault, whose leavings are not counted again", () => {
    const run = bend(failedRun({}), ({ faults, memory }) => {
      faults.push({ ...fault, site: [...fault.site], values: {} });
      memory.push({ ...report, site: [], kind: "leak" });
    });
    expect(judge(singleFailureSurvived, run)).toEqual(["NULLDEREF(list-second) in __udp_gso_segment_list (fraglist)"]);
  });
  test("does not apply when no allocation failed", () => {
    expect(judge(singleFailureSurvived, sampleRun())).toBe("not-applicable");
    const unreached = bend(failedRun({}), (run) => {
      run.allocations = 0;
    });
    expect(judge(singleFailureSurvived, unreached)).toBe("not-applicable");
  });
});
