import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, type Mutable, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { tcpSegmentsCharged } from "./tcpSegmentsCharged.js";

const owned = (change: (run: Mutable<Run>) => void = () => {}) =>
  bend(sampleRun({ gso: "tcp", payloads: [8, 8] }), (run) => {
    const call = firstCall(run);
    const owner = { sk: "sender", destructor: "tcp_wfree" };
    Object.assign(call.input, owner);
    for (const segment of call.segments) Object.assign(segment, owner);
    call.wmemBefore = 1 + call.input.truesize;
    call.wmemAfter = 1 + call.segments.reduce((sum, { truesize }) => sum + truesize, 0);
    change(run);
  });

describe("tcp-segments-charged", () => {
  test("holds", () => {
    expect(judge(tcpSegmentsCharged, owned())).toBe("holds");
  });
  test("is broken by a segment that nobody pays for", () => {
    expect(
      judge(
        tcpSegmentsCharged,
        owned((r) => void (segmentOf(r, 0).sk = "")),
      ),
    ).toEqual(["segment sk (tcp)"]);
  });
  test("is broken by a packet that is still paid for, and by a sum that does not add up", () => {
    const run = owned((r) => {
      Object.assign(firstCall(r).after ?? {}, { sk: "sender", destructor: "tcp_wfree" });
      firstCall(r).wmemAfter += 1;
    });
    expect(judge(tcpSegmentsCharged, run)).toEqual(["packet sk (tcp)", "sk_wmem_alloc (tcp)"]);
  });
  test("does not apply to a packet without an owner", () => {
    expect(judge(tcpSegmentsCharged, sampleRun({ gso: "tcp" }))).toBe("not-applicable");
  });
});
