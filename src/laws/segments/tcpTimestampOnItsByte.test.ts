import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { tcpTimestampOnItsByte } from "./tcpTimestampOnItsByte.js";

/** The stream begins at 2^32 - 16; the byte asked for is the tenth, in the second segment. */
const asked = (key = 0xffff_fffa) =>
  bend(sampleRun({ gso: "tcp", payloads: [8, 8, 3] }), (r) => {
    Object.assign(firstCall(r).input.shinfo, { txFlags: 2, tskey: key });
    Object.assign(segmentOf(r, 1).shinfo, { txFlags: 2, tskey: key });
  });

describe("tcp-timestamp-on-its-byte", () => {
  test("holds when the second segment has it", () => {
    expect(judge(tcpTimestampOnItsByte, asked())).toBe("holds");
  });
  test("is broken when another one has it", () => {
    const run = bend(asked(), (r) => {
      segmentOf(r, 1).shinfo.txFlags = 0;
      segmentOf(r, 0).shinfo.txFlags = 2;
    });
    expect(judge(tcpTimestampOnItsByte, run)).toEqual([
      "generic path (tcp): on another segment",
      "generic path (tcp): missing",
    ]);
  });
  test("is broken by another key", () => {
    expect(
      judge(
        tcpTimestampOnItsByte,
        bend(asked(), (r) => void (segmentOf(r, 1).shinfo.tskey = 1)),
      ),
    ).toEqual(["generic path (tcp): tskey"]);
  });
  test("does not apply to a byte outside, or where nobody asked", () => {
    expect(judge(tcpTimestampOnItsByte, asked(7000))).toBe("not-applicable");
    expect(judge(tcpTimestampOnItsByte, sampleRun({ gso: "tcp" }))).toBe("not-applicable");
  });
});
