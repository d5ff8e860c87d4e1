import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { lastFoundByPrev } from "./lastFoundByPrev.js";

describe("last-found-by-prev", () => {
  test("holds when prev of the first is the last", () => {
    expect(judge(lastFoundByPrev, sampleRun())).toEqual("holds");
  });

  test("is broken by a prev that stays NULL", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).lastByPrev = 0;
    });
    expect(judge(lastFoundByPrev, run)).toEqual(["list path"]);
  });

  test("is broken by a prev that leads to another segment", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      firstCall(r).lastByPrev = segmentOf(r, 1).serial;
    });
    expect(judge(lastFoundByPrev, run)).toEqual(["generic path"]);
  });

  test("does not apply to a chain without an end", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).chain = "cyclic";
    });
    expect(judge(lastFoundByPrev, run)).toEqual("not-applicable");
  });
});
