import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, poke, type SampleOptions, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { tcpRestUnchanged } from "./tcpRestUnchanged.js";

const stream = (more: SampleOptions = {}) => sampleRun({ gso: "tcp", payloads: [8, 8, 3], tcpFlags: 0x99, ...more });

describe("tcp-rest-unchanged", () => {
  test("holds, whatever sequence number, checksum and end flags are", () => {
    const run = bend(stream(), (r) => {
      poke(segmentOf(r, 1), 58, 1, 2, 3, 4);
      poke(segmentOf(r, 1), 67, 0x99);
      poke(segmentOf(r, 1), 70, 1, 2);
    });
    expect(judge(tcpRestUnchanged, run)).toBe("holds");
  });
  test.each([
    ["ports", 54],
    ["acknowledgement", 65],
    ["header length", 66],
    ["flags", 67],
    ["window", 69],
    ["urgent pointer", 72],
    ["options", 77],
  ])("is broken by other %s", (what, at) => {
    const run = bend(stream(), (r) => poke(segmentOf(r, 1), at, 0x2f));
    expect(judge(tcpRestUnchanged, run)).toEqual([`generic path (tcp): ${what}`]);
  });
});
