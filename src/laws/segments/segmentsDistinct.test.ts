import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { segmentsDistinct } from "./segmentsDistinct.js";

describe("segments-distinct", () => {
  test("holds of objects that occur once", () => {
    expect(judge(segmentsDistinct, sampleRun())).toEqual("holds");
  });

  test("is broken by an object twice in a list", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 2).serial = segmentOf(r, 1).serial;
    });
    expect(judge(segmentsDistinct, run)).toEqual(["list path: same list"]);
  });

  test("is broken by an object in two lists", () => {
    const run = bend(sampleRun(), (r) => {
      r.calls.push({ ...firstCall(r), holder: 1 });
    });
    expect(judge(segmentsDistinct, run)).toEqual(["list path: two lists"]);
  });

  test("is broken by a segment that still hangs in a frag_list", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      segmentOf(r, 0).shinfo.members.push(segmentOf(r, 1));
    });
    expect(judge(segmentsDistinct, run)).toEqual(["generic path: frag_list"]);
  });

  test("does not apply to a call that gave no list", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).result = "error";
    });
    expect(judge(segmentsDistinct, run)).toEqual("not-applicable");
  });
});
