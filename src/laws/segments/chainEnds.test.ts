import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun } from "../testing/sampleRun.js";
import { chainEnds } from "./chainEnds.js";

describe("chain-ends", () => {
  test("holds of a list with a last segment", () => {
    expect(judge(chainEnds, sampleRun())).toEqual("holds");
  });

  test("is broken by a chain that comes back", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).chain = "cyclic";
    });
    expect(judge(chainEnds, run)).toEqual(["list path: cycle"]);
  });

  test("is broken by a list without a segment", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      firstCall(r).segments = [];
    });
    expect(judge(chainEnds, run)).toEqual(["generic path: empty"]);
  });

  test("does not apply to a call that gave no list", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).result = "error";
    });
    expect(judge(chainEnds, run)).toEqual("not-applicable");
  });
});
