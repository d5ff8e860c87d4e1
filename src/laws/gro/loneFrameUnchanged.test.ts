import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { loneFrameUnchanged } from "./loneFrameUnchanged.js";

describe("lone-frame-unchanged", () => {
  test("holds of a frame as it was", () => {
    expect(judge(loneFrameUnchanged, groRun({ merged: 2 }))).toBe("holds");
  });
  test("is broken by a byte", () => {
    const run = bendGro(groRun({ merged: 2 }), ({ delivered }) => void delivered[1]?.frame.fill(9, 60, 61));
    expect(judge(loneFrameUnchanged, run)).toEqual(["bytes"]);
  });
  test("is broken by a frame cut short that still says it is GSO", () => {
    const run = bendGro(groRun({ merged: 2 }), ({ delivered: [, alone] }) => {
      if (alone === undefined) return;
      alone.frame = alone.frame.slice(0, -1);
      alone.view.shinfo.gsoSize = 3;
    });
    expect(judge(loneFrameUnchanged, run)).toEqual(["gso_size", "length"]);
  });
  test("does not apply where all were merged", () => {
    expect(judge(loneFrameUnchanged, groRun())).toBe("not-applicable");
  });
});
