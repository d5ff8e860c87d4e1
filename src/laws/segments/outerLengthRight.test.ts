import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, poke, type SampleOptions, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { outerLengthRight } from "./outerLengthRight.js";

const tunnelled = (more: SampleOptions = {}) =>
  sampleRun({ gso: "tcp", payloads: [8, 8, 3], tunnel: "vxlan", outerChecksum: true, ...more });

describe("outer-length-right", () => {
  test("holds", () => {
    expect(judge(outerLengthRight, tunnelled())).toBe("holds");
  });
  test("is broken by the length of the whole packet", () => {
    const run = bend(tunnelled(), (r) => poke(segmentOf(r, 2), 38, 0, 200));
    expect(judge(outerLengthRight, run)).toEqual(["generic path (tcp in a tunnel)"]);
  });
  test("does not apply to a tunnel without UDP", () => {
    expect(judge(outerLengthRight, tunnelled({ tunnel: "gre" }))).toBe("not-applicable");
  });
});
