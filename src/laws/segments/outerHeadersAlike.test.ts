import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, poke, type SampleOptions, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { outerHeadersAlike } from "./outerHeadersAlike.js";

const tunnelled = (more: SampleOptions = {}) =>
  sampleRun({ gso: "tcp", payloads: [8, 8, 3], tunnel: "vxlan", outerChecksum: true, ...more });

describe("outer-headers-alike", () => {
  test("holds of every tunnel, lengths and sums aside", () => {
    const runs = [
      tunnelled(),
      tunnelled({ tunnel: "gre" }),
      tunnelled({ tunnel: "ip" }),
      sampleRun({ tunnel: "vxlan" }),
    ];
    expect(runs.map((run) => judge(outerHeadersAlike, run))).toEqual(runs.map(() => "holds"));
    const free = bend(tunnelled(), (r) => [16, 18, 24, 38, 40].forEach((at) => void poke(segmentOf(r, 1), at, 7, 7)));
    expect(judge(outerHeadersAlike, free)).toBe("holds");
  });
  test.each([
    ["outer headers", 33],
    ["outer headers", 35],
    ["vxlan header", 48],
    ["inner link header", 55],
  ])("is broken at the %s", (part, at) => {
    expect(
      judge(
        outerHeadersAlike,
        bend(tunnelled(), (r) => poke(segmentOf(r, 1), at, 0x77)),
      ),
    ).toEqual([`generic path (tcp in a tunnel): ${part}`]);
  });
  test("is broken at a GRE header", () => {
    const run = bend(tunnelled({ tunnel: "gre" }), (r) => poke(segmentOf(r, 1), 35, 1));
    expect(judge(outerHeadersAlike, run)).toEqual(["generic path (tcp in a tunnel): gre header"]);
  });
  test("does not apply without a tunnel", () => {
    expect(judge(outerHeadersAlike, sampleRun())).toBe("not-applicable");
  });
});
