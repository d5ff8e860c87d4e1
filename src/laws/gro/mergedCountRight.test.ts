import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { mergedCountRight } from "./mergedCountRight.js";

describe("merged-count-right", () => {
  test("holds of a list and of a stream", () => {
    expect(judge(mergedCountRight, groRun())).toBe("holds");
    expect(judge(mergedCountRight, groRun({ gso: "tcp", payloads: [8, 8] }))).toBe("holds");
  });
  test("is broken by another count, for each kind at a place of its own", () => {
    const bent = (run: ReturnType<typeof groRun>) =>
      judge(
        mergedCountRight,
        bendGro(run, ({ delivered }) => void Object.assign(delivered[0]?.view.shinfo ?? {}, { gsoSegs: 7 })),
      );
    expect(bent(groRun())).toEqual(["gso_segs"]);
    expect(bent(groRun({ gso: "tcp", payloads: [8, 8] }))).toEqual(["gso_segs (tcp)"]);
  });
  test("is broken by a GSO packet of one frame", () => {
    const run = bendGro(
      groRun({ gso: "udp-l4", payloads: [5, 5] }),
      ({ delivered }) => void (delivered[0] as { made: number[] }).made.pop(),
    );
    expect(judge(mergedCountRight, run)).toEqual(["a GSO packet of one frame"]);
  });
});
