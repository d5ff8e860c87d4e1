import { describe, expect, test } from "vitest";
import { disturb, floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { poke, sampleRun } from "../testing/sampleRun.js";
import { siblingBytesUnchanged } from "./siblingBytesUnchanged.js";

describe("sibling-bytes-unchanged", () => {
  test("holds when a clone reads what it read before", () => {
    expect(
      judge(
        siblingBytesUnchanged,
        disturb(floodRun(), 1, () => {}),
      ),
    ).toBe("holds");
  });
  test("is broken when a sibling wrote into the shared head, which part the place says", () => {
    const written = (offset: number) => disturb(floodRun(), 1, (after) => poke(after, offset, 0xaa, 0xbb));
    expect(judge(siblingBytesUnchanged, written(2))).toEqual(["headers (fraglist)"]);
    expect(judge(siblingBytesUnchanged, written(14 + 22))).toEqual(["headers (fraglist)"]);
    expect(judge(siblingBytesUnchanged, written(54 + 6))).toEqual(["headers (fraglist)"]);
    expect(judge(siblingBytesUnchanged, written(62))).toEqual(["payload (fraglist)"]);
  });
  test("is broken when the bytes are no longer all there", () => {
    const run = disturb(floodRun(), 1, (after) => {
      after.bytes = undefined;
    });
    expect(judge(siblingBytesUnchanged, run)).toEqual(["unreadable"]);
  });
  test("does not apply to a single holder", () => {
    expect(judge(siblingBytesUnchanged, sampleRun())).toBe("not-applicable");
  });
});
