import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, poke, type SampleOptions, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { tcpPseudoSumRight } from "./tcpPseudoSumRight.js";

const stream = (more: SampleOptions = {}) => sampleRun({ gso: "tcp", payloads: [8, 8, 3], tcpFlags: 0x99, ...more });

describe("tcp-pseudo-sum-right", () => {
  test("holds, in a tunnel too", () => {
    expect([stream(), stream({ tunnel: "ip" })].map((run) => judge(tcpPseudoSumRight, run))).toEqual([
      "holds",
      "holds",
    ]);
  });
  test("is broken by the sum for another length", () => {
    const run = bend(stream(), (r) => poke(segmentOf(r, 2), 71, 1 + (segmentOf(r, 1).linear[71] ?? 0)));
    expect(judge(tcpPseudoSumRight, run)).toEqual(["generic path (tcp): later"]);
  });
  test("does not apply to datagrams, nor to sums that are complete", () => {
    expect(judge(tcpPseudoSumRight, sampleRun({ gso: "udp-l4" }))).toBe("not-applicable");
    expect(judge(tcpPseudoSumRight, stream({ features: 0 }))).toBe("not-applicable");
  });
});
