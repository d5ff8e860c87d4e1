import { describe, expect, test } from "vitest";
import { failedRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { inputSurvivesError } from "./inputSurvivesError.js";

describe("input-survives-error", () => {
  test("holds when the packet is there with the same users", () => {
    expect(judge(inputSurvivesError, failedRun({}))).toBe("holds");
  });
  test("is broken when the packet was freed or gained a reference", () => {
    const freed = bend(failedRun({}), ({ calls }) => {
      if (calls[0] !== undefined) calls[0].after = undefined;
    });
    expect(judge(inputSurvivesError, freed)).toEqual(["sk_buff"]);
    expect(
      judge(
        inputSurvivesError,
        failedRun({}, (after) => {
          after.users = 2;
        }),
      ),
    ).toEqual(["users"]);
  });
  test("does not apply to a call that succeeded", () => {
    expect(judge(inputSurvivesError, sampleRun())).toBe("not-applicable");
  });
});
