import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { payloadPreserved } from "./payloadPreserved.js";

describe("payload-preserved", () => {
  test("holds of a list", () => {
    expect(judge(payloadPreserved, sampleRun())).toEqual("holds");
  });

  test("holds of the generic path", () => {
    expect(judge(payloadPreserved, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("holds");
  });

  test("holds of fragments, whose datagram has a new checksum", () => {
    expect(judge(payloadPreserved, sampleRun({ gso: "ufo", payloads: [30] }))).toEqual("holds");
  });

  test("is broken by one changed byte", () => {
    const run = bend(sampleRun(), (r) => {
      poke(segmentOf(r, 1), 62, 0xff);
    });
    expect(judge(payloadPreserved, run)).toEqual(["list path"]);
  });

  test("is broken by a lost segment", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      firstCall(r).segments.pop();
    });
    expect(judge(payloadPreserved, run)).toEqual(["generic path"]);
  });

  test("is broken by segments in another order", () => {
    const run = bend(sampleRun({ gso: "ufo", payloads: [30] }), (r) => {
      firstCall(r).segments.reverse();
    });
    expect(judge(payloadPreserved, run)).toEqual(["fragments"]);
  });

  test("is broken by a segment that cannot be read", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 2).bytes = undefined;
    });
    expect(judge(payloadPreserved, run)).toEqual(["list path: unreadable"]);
  });

  test("does not apply to an input that cannot be read", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).input.bytes = undefined;
    });
    expect(judge(payloadPreserved, run)).toEqual("not-applicable");
  });
});
