import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, poke, type SampleOptions, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { tcpEndFlagsOnLast } from "./tcpEndFlagsOnLast.js";

const stream = (more: SampleOptions = {}) => sampleRun({ gso: "tcp", payloads: [8, 8, 3], tcpFlags: 0x99, ...more });

describe("tcp-end-flags-on-last", () => {
  test("holds when the last segment has them, or none", () => {
    expect([stream(), stream({ tcpFlags: 0x10 })].map((run) => judge(tcpEndFlagsOnLast, run))).toEqual([
      "holds",
      "holds",
    ]);
  });
  test("is broken by a FIN in the middle", () => {
    const run = bend(stream(), (r) => poke(segmentOf(r, 1), 67, 0x11));
    expect(judge(tcpEndFlagsOnLast, run)).toEqual(["generic path (tcp): FIN too many"]);
  });
  test("is broken by a PSH that is gone", () => {
    const run = bend(stream(), (r) => poke(segmentOf(r, 2), 67, 0x11));
    expect(judge(tcpEndFlagsOnLast, run)).toEqual(["generic path (tcp): PSH missing"]);
  });
  test("does not apply to datagrams", () => {
    expect(judge(tcpEndFlagsOnLast, sampleRun({ gso: "udp-l4" }))).toBe("not-applicable");
  });
});
