import { describe, expect, test } from "vitest";
import type { SegmentationCall } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { everySegmentCharged } from "./everySegmentCharged.js";

const owned = { sk: "sender", destructor: "sock_wfree" };
const run = (change: (call: Mutable<SegmentationCall>) => void = () => {}) =>
  bend(sampleRun({ gso: "udp-l4" }), ({ calls }) => {
    for (const call of calls) {
      Object.assign(call.input, owned);
      for (const segment of call.segments) Object.assign(segment, owned);
      call.wmemBefore = 1 + call.input.truesize;
      call.wmemAfter = 1 + call.segments.reduce((sum, segment) => sum + segment.truesize, 0);
      change(call);
    }
  });

describe("every-segment-charged", () => {
  test("holds when the segments took over the charge", () => {
    expect(judge(everySegmentCharged, run())).toBe("holds");
  });
  test("is broken when the last segment has no owner", () => {
    const bent = run(({ segments }) => Object.assign(segments.at(-1) as object, { sk: "", destructor: "" }));
    expect(judge(everySegmentCharged, bent)).toEqual(["segment sk"]);
  });
  test("is broken when the packet still has its owner, or the sum does not fit", () => {
    const bent = run((call) => {
      Object.assign(call.after as object, owned);
      call.wmemAfter += call.input.truesize;
    });
    expect(judge(everySegmentCharged, bent)).toEqual(["packet sk", "sk_wmem_alloc"]);
  });
  test("does not apply to packets that nobody sent, or to lists", () => {
    expect(judge(everySegmentCharged, sampleRun({ gso: "udp-l4" }))).toBe("not-applicable");
    expect(judge(everySegmentCharged, sampleRun())).toBe("not-applicable");
  });
});
