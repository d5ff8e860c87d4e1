import { describe, expect, test } from "vitest";
import { CHECKSUM_NONE, NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, type SampleOptions, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { tcpChecksumComplete } from "./tcpChecksumComplete.js";

const stream = (more: SampleOptions = {}) =>
  sampleRun({ gso: "tcp", payloads: [8, 8, 3], features: NETIF_F_SG, ...more });

describe("tcp-checksum-complete", () => {
  test("holds of the generic path, of a list, in a tunnel", () => {
    const runs = [stream(), stream({ tunnel: "vxlan" }), sampleRun({ gso: "tcp-fraglist", payloads: [8, 8] })];
    expect(runs.map((run) => judge(tcpChecksumComplete, run))).toEqual(["holds", "holds", "holds"]);
  });
  test("is broken by a byte that the sum does not count", () => {
    const run = bend(stream(), (r) => poke(segmentOf(r, 1), 68, 0x77));
    expect(judge(tcpChecksumComplete, run)).toEqual(["generic path (tcp): later"]);
    const list = bend(sampleRun({ gso: "tcp-fraglist", payloads: [8, 8] }), (r) => poke(segmentOf(r, 0), 68, 0x77));
    expect(judge(tcpChecksumComplete, list)).toEqual(["list path (tcp-fraglist): first"]);
  });
  test("a packet whose sum was not made gets a new one, so what it brought along says nothing", () => {
    const run = bend(stream(), (r) => {
      firstCall(r).input.ipSummed = CHECKSUM_NONE;
      poke(firstCall(r).input, 70, 1, 2);
    });
    expect(judge(tcpChecksumComplete, run)).toBe("holds");
  });
  test("does not apply where the packet's own sum was wrong, or a device will complete it", () => {
    const wrong = bend(stream(), (r) => poke(firstCall(r).input, 70, 1, 2));
    expect([wrong, sampleRun({ gso: "tcp", payloads: [8, 8] })].map((run) => judge(tcpChecksumComplete, run))).toEqual([
      "not-applicable",
      "not-applicable",
    ]);
  });
});
