import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, type Mutable, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { timestampOnFirst } from "./timestampOnFirst.js";

function asks(run: Mutable<Run>): void {
  Object.assign(firstCall(run).input.shinfo, { txFlags: 2, tskey: 77 });
}

describe("timestamp-on-first", () => {
  test("holds when the first segment has the request", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      asks(r);
      Object.assign(segmentOf(r, 0).shinfo, { txFlags: 2, tskey: 77 });
    });
    expect(judge(timestampOnFirst, run)).toEqual("holds");
  });

  test("is broken by a request that got lost", () => {
    const run = bend(sampleRun(), (r) => {
      asks(r);
    });
    expect(judge(timestampOnFirst, run)).toEqual(["list path: first tx_flags", "list path: tskey"]);
  });

  test("is broken by a request on every segment", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      asks(r);
      for (const segment of firstCall(r).segments) Object.assign(segment.shinfo, { txFlags: 2, tskey: 77 });
    });
    expect(judge(timestampOnFirst, run)).toEqual(["generic path: later tx_flags"]);
  });

  test("does not apply when nobody asked", () => {
    expect(judge(timestampOnFirst, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("not-applicable");
  });

  test("does not apply to fragments", () => {
    const run = bend(sampleRun({ gso: "ufo", payloads: [30] }), (r) => {
      asks(r);
    });
    expect(judge(timestampOnFirst, run)).toEqual("not-applicable");
  });
});
