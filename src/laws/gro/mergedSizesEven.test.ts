import { describe, expect, test } from "vitest";
import { groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { mergedSizesEven } from "./mergedSizesEven.js";

describe("merged-sizes-even", () => {
  test("holds with a shorter last one", () => {
    expect(judge(mergedSizesEven, groRun())).toBe("holds");
  });
  test("is broken by a longer one at the end", () => {
    expect(judge(mergedSizesEven, groRun({ payloads: [5, 5, 6] }))).toEqual(["last"]);
  });
  test("is broken by a shorter one in the middle", () => {
    expect(judge(mergedSizesEven, groRun({ gso: "tcp", payloads: [8, 3, 8] }))).toEqual(["size (tcp)"]);
  });
});
