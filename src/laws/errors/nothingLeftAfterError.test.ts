import { describe, expect, test } from "vitest";
import type { LiveCounts, SkbView } from "../../recipe/Run.js";
import { failedRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { nothingLeftAfterError } from "./nothingLeftAfterError.js";

const alive = (more: Partial<LiveCounts>, change?: (after: Mutable<SkbView>) => void) =>
  bend(failedRun({ gso: "udp-l4" }, change), ({ calls }) => {
    for (const { liveBefore, liveAfter } of calls) {
      liveAfter.skbs = liveBefore.skbs + (more.skbs ?? 0);
      liveAfter.heads = liveBefore.heads + (more.heads ?? 0);
      liveAfter.pageRefs = liveBefore.pageRefs + (more.pageRefs ?? 0);
    }
  });

describe("nothing-left-after-error", () => {
  test("holds when as much is alive as before, or less", () => {
    expect(judge(nothingLeftAfterError, failedRun({}))).toBe("holds");
    expect(judge(nothingLeftAfterError, alive({ skbs: -2, heads: -2 }))).toBe("holds");
  });
  test("is broken by a segment, a head, a page reference left behind", () => {
    expect(judge(nothingLeftAfterError, alive({ skbs: 1, heads: 1, pageRefs: 1 }))).toEqual([
      "sk_buff",
      "head",
      "page reference",
    ]);
  });
  test("allows for a private head that the input got on the way", () => {
    const run = alive({ heads: 1, pageRefs: 1 }, (after) => {
      after.head = 77;
    });
    expect(judge(nothingLeftAfterError, run)).toBe("holds");
    const more = alive({ heads: 2, pageRefs: 2 }, (after) => {
      after.head = 77;
    });
    expect(judge(nothingLeftAfterError, more)).toEqual(["head", "page reference"]);
  });
  test("does not apply to success, or when somebody else ran meanwhile", () => {
    expect(judge(nothingLeftAfterError, sampleRun())).toBe("not-applicable");
    const switched = bend(alive({ skbs: 1 }), ({ calls }) => {
      for (const call of calls) call.interrupted = true;
    });
    expect(judge(nothingLeftAfterError, switched)).toBe("not-applicable");
  });
});
