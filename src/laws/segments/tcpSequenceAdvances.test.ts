import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, poke, type SampleOptions, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { tcpSequenceAdvances } from "./tcpSequenceAdvances.js";

const stream = (more: SampleOptions = {}) => sampleRun({ gso: "tcp", payloads: [8, 8, 3], tcpFlags: 0x99, ...more });

describe("tcp-sequence-advances", () => {
  test("holds beyond 2^32", () => {
    expect(judge(tcpSequenceAdvances, stream())).toBe("holds");
  });
  test("holds in a tunnel, whose segments have other offsets", () => {
    expect(judge(tcpSequenceAdvances, stream({ tunnel: "vxlan" }))).toBe("holds");
  });
  test("is broken by a number that stays, and names the kind", () => {
    const run = bend(stream(), (r) => poke(segmentOf(r, 1), 58, 0xff, 0xff, 0xff, 0xf0));
    expect(judge(tcpSequenceAdvances, run)).toEqual(["generic path (tcp): later"]);
  });
  test("is broken by a first segment that begins elsewhere", () => {
    const run = bend(stream({ tunnel: "gre" }), (r) => poke(segmentOf(r, 0), 96, 1));
    expect(judge(tcpSequenceAdvances, run)).toEqual(["generic path (tcp in a tunnel): first"]);
  });
  test("does not apply to a list, whose members have numbers of their own", () => {
    expect(judge(tcpSequenceAdvances, sampleRun({ gso: "tcp-fraglist", payloads: [8, 8] }))).toBe("not-applicable");
  });
});
