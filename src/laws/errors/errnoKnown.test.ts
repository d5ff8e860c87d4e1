import { describe, expect, test } from "vitest";
import { failedRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { sampleRun } from "../testing/sampleRun.js";
import { errnoKnown } from "./errnoKnown.js";

describe("errno-known", () => {
  test("holds for the errnos that callers know", () => {
    for (const errno of ["ENOMEM", "EINVAL", "-EINVAL", "EPROTONOSUPPORT", "EOPNOTSUPP"]) {
      expect(judge(errnoKnown, failedRun({ errno }))).toBe("holds");
    }
  });
  test("is broken by the errno of a callee that leaked through", () => {
    expect(judge(errnoKnown, failedRun({ errno: "EFAULT" }))).toEqual(["errno"]);
  });
  test("does not apply to a call that succeeded", () => {
    expect(judge(errnoKnown, sampleRun())).toBe("not-applicable");
  });
});
