import { describe, expect, test } from "vitest";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, poke } from "../testing/sampleRun.js";
import { keptCloneIntact } from "./keptCloneIntact.js";

describe("kept-clone-intact", () => {
  test("holds when the tap reads what it was given, wherever its data stands", () => {
    expect(judge(keptCloneIntact, floodRun())).toBe("holds");
    const pulled = bend(floodRun(), ({ holders }) => {
      const kept = holders[2]?.kept;
      if (kept === undefined) return;
      kept.data += 14;
      kept.len -= 14;
      kept.bytes = kept.bytes?.slice(14);
    });
    expect(judge(keptCloneIntact, pulled)).toBe("holds");
  });
  test("is broken when a byte changed or can no longer be read", () => {
    const poked = bend(floodRun(), ({ holders }) => {
      const kept = holders[2]?.kept;
      if (kept !== undefined) poke(kept, 60, 0x55);
    });
    expect(judge(keptCloneIntact, poked)).toEqual(["headers (fraglist)"]);
    const lost = bend(floodRun(), ({ holders }) => {
      const kept = holders[2]?.kept;
      if (kept !== undefined) kept.bytes = undefined;
    });
    expect(judge(keptCloneIntact, lost)).toEqual(["unreadable"]);
  });
  test("names the part of the packet, though the tap's data begins at the IP header", () => {
    const run = bend(floodRun(), ({ holders }) => {
      const { entered, kept } = holders[2] ?? {};
      for (const view of [entered, kept]) {
        if (view === undefined) continue;
        view.data += 14;
        view.len -= 14;
        view.bytes = view.bytes?.slice(14);
      }
      if (kept?.bytes !== undefined) kept.bytes[60 - 14] = 0x55;
    });
    expect(judge(keptCloneIntact, run)).toEqual(["headers (fraglist)"]);
  });
  test("does not apply without a tap", () => {
    expect(judge(keptCloneIntact, floodRun({ exits: ["port", "local"] }))).toBe("not-applicable");
  });
});
