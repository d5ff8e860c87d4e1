import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, type SampleOptions, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { innerOffsetsRight } from "./innerOffsetsRight.js";

const tunnelled = (more: SampleOptions = {}) =>
  sampleRun({ gso: "tcp", payloads: [8, 8, 3], tunnel: "vxlan", outerChecksum: true, ...more });

describe("inner-offsets-right", () => {
  test("holds", () => {
    expect([tunnelled(), tunnelled({ tunnel: "ip" })].map((run) => judge(innerOffsetsRight, run))).toEqual([
      "holds",
      "holds",
    ]);
  });
  test.each([
    ["inner_mac_header", "innerMacHeader"],
    ["inner_network_header", "innerNetworkHeader"],
    ["inner_transport_header", "innerTransportHeader"],
  ] as const)("is broken by %s", (place, field) => {
    const run = bend(tunnelled(), (r) => void (segmentOf(r, 1)[field] += 2));
    expect(judge(innerOffsetsRight, run)).toEqual([`generic path (tcp in a tunnel): ${place}`]);
  });
  test("does not apply to segments without the mark", () => {
    expect(judge(innerOffsetsRight, tunnelled({ features: 0 }))).toBe("not-applicable");
  });
});
