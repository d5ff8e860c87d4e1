import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { segmentsOwnedOnce } from "./segmentsOwnedOnce.js";

describe("segments-owned-once", () => {
  test("holds of a list, whose head is the input too", () => {
    expect(judge(segmentsOwnedOnce, sampleRun())).toEqual("holds");
  });

  test("holds of the generic path", () => {
    expect(judge(segmentsOwnedOnce, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("holds");
  });

  test("is broken by a member that somebody else still holds", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 1).users = 2;
    });
    expect(judge(segmentsOwnedOnce, run)).toEqual(["list path: segment"]);
  });

  test("is broken by a head without its caller's reference", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 0).users = 1;
    });
    expect(judge(segmentsOwnedOnce, run)).toEqual(["list path: head"]);
  });

  test("does not apply to a call that gave no list", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).result = "error";
    });
    expect(judge(segmentsOwnedOnce, run)).toEqual("not-applicable");
  });
});
