import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { fragsWithinLimit } from "./fragsWithinLimit.js";

describe("frags-within-limit", () => {
  test("holds of seventeen fragments", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      segmentOf(r, 0).shinfo.frags = Array.from({ length: 17 }, () => ({ page: 1, offset: 0, len: 1 }));
    });
    expect(judge(fragsWithinLimit, run)).toEqual("holds");
  });

  test("is broken by an eighteenth", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      segmentOf(r, 0).shinfo.frags = Array.from({ length: 18 }, () => ({ page: 1, offset: 0, len: 1 }));
    });
    expect(judge(fragsWithinLimit, run)).toEqual(["generic path"]);
  });

  test("does not apply to a call that gave no list", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).result = "error";
    });
    expect(judge(fragsWithinLimit, run)).toEqual("not-applicable");
  });
});
