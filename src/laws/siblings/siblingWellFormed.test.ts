import { describe, expect, test } from "vitest";
import { disturb, floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { siblingWellFormed } from "./siblingWellFormed.js";

describe("sibling-well-formed", () => {
  test("holds when every holder finds a whole packet", () => {
    expect(
      judge(
        siblingWellFormed,
        disturb(floodRun(), 1, () => {}),
      ),
    ).toBe("holds");
  });
  test("is broken by a data_len with nothing behind it", () => {
    const run = disturb(floodRun(), 1, ({ shinfo }) => {
      shinfo.members = [];
    });
    expect(judge(siblingWellFormed, run)).toEqual(["data_len"]);
  });
  test("looks at what a tap kept, too", () => {
    const run = bend(floodRun(), ({ holders }) => {
      const kept = holders[2]?.kept;
      if (kept !== undefined) kept.len += 1;
    });
    expect(siblingWellFormed.check(run, {})).toMatchObject([
      { place: "headlen", at: { holder: 2, moment: "at the very end" } },
    ]);
  });
  test("does not apply to a packet that was malformed to begin with", () => {
    const run = bend(sampleRun(), ({ packet }) => {
      if (packet.view !== undefined) packet.view.len += 1;
    });
    expect(judge(siblingWellFormed, run)).toBe("not-applicable");
  });
});
