import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { macHeaderCopied } from "./macHeaderCopied.js";

describe("mac-header-copied", () => {
  test("holds of the same link header", () => {
    expect(judge(macHeaderCopied, sampleRun())).toEqual("holds");
  });

  test("is broken by a member's own source address", () => {
    const run = bend(sampleRun(), (r) => {
      poke(segmentOf(r, 1), 6, 0x12);
    });
    expect(judge(macHeaderCopied, run)).toEqual(["list path: bytes"]);
  });

  test("is broken by another protocol", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      segmentOf(r, 1).protocol = 0x0800;
    });
    expect(judge(macHeaderCopied, run)).toEqual(["generic path: protocol"]);
  });

  test("does not apply to a packet without UDP", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      poke(firstCall(r).input, 12, 0x88, 0xcc);
    });
    expect(judge(macHeaderCopied, run)).toEqual("not-applicable");
  });
});
