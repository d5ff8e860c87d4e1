import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { bend, poke, segmentOf } from "../testing/sampleRun.js";
import { splitGivesBack } from "./splitGivesBack.js";

const sent = (run: ReturnType<typeof groRun>, frame: number, at: number) =>
  bend(run, ({ holders }) => void holders[0]?.frames[frame]?.bytes?.fill(9, at, at + 1));

describe("split-gives-back", () => {
  test("holds of every kind, with identifications that are others", () => {
    const runs = [
      groRun(),
      groRun({ gso: "tcp", payloads: [8, 8, 3], tcpFlags: 0x19 }),
      groRun({ gso: "udp-l4", family: "ipv4" }),
    ];
    expect(runs.map((run) => judge(splitGivesBack, run))).toEqual(["holds", "holds", "holds"]);
    expect(judge(splitGivesBack, sent(groRun({ family: "ipv4" }), 1, 19))).toBe("holds");
  });
  test("is broken by a byte of payload, or of a header", () => {
    expect(judge(splitGivesBack, sent(groRun(), 1, 63))).toEqual(["bytes (fraglist)"]);
    expect(judge(splitGivesBack, sent(groRun({ gso: "tcp", payloads: [8, 8] }), 1, 69))).toEqual(["bytes (tcp)"]);
  });
  test("is broken by a frame that is missing", () => {
    const run = bend(groRun(), ({ holders }) => void holders[0]?.frames.pop());
    expect(judge(splitGivesBack, run)).toEqual(["count (fraglist)"]);
  });
  test("says nothing of a sum that was left open, and of a wrong one", () => {
    const open = bendGro(groRun({ checksum: "partial" }), ({ frames }) => {
      for (const frame of frames) frame.ipSummed = 3;
    });
    expect(judge(splitGivesBack, sent(open, 1, 60))).toBe("holds");
    const wrong = bendGro(groRun(), ({ frames }) => void frames[0]?.bytes.fill(9, 64, 65));
    expect(judge(splitGivesBack, wrong)).toBe("not-applicable");
  });
  test("does not apply to a port that was given the packet whole", () => {
    const run = bend(groRun(), (copy) => {
      poke(segmentOf(copy, 0), 0, 0x33);
      for (const frame of copy.holders[0]?.frames ?? []) frame.view.shinfo.gsoSize = 5;
    });
    expect(judge(splitGivesBack, run)).toBe("not-applicable");
  });
});
