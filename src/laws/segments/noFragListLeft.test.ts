import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, sampleView, segmentOf } from "../testing/sampleRun.js";
import { noFragListLeft } from "./noFragListLeft.js";

describe("no-frag-list-left", () => {
  test("holds of segments without members", () => {
    expect(judge(noFragListLeft, sampleRun())).toEqual("holds");
  });

  test("is broken by a head that keeps its list", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 0).shinfo.members = firstCall(r).input.shinfo.members;
    });
    expect(judge(noFragListLeft, run)).toEqual(["list path"]);
  });

  test("does not apply when a member brought a list", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).input.shinfo.members[0]?.shinfo.members.push(sampleView());
    });
    expect(judge(noFragListLeft, run)).toEqual("not-applicable");
  });
});
