import { describe, expect, test } from "vitest";
import { concat } from "../../bytes/concat.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { ipv6RestUnchanged } from "./ipv6RestUnchanged.js";

describe("ipv6-rest-unchanged", () => {
  test("holds of a list", () => {
    expect(judge(ipv6RestUnchanged, sampleRun())).toEqual("holds");
  });

  test("holds of fragments", () => {
    expect(judge(ipv6RestUnchanged, sampleRun({ gso: "ufo", payloads: [30] }))).toEqual("holds");
  });

  test("is broken by a member with the old source address", () => {
    const run = bend(sampleRun(), (r) => {
      poke(segmentOf(r, 1), 37, 9);
    });
    expect(judge(ipv6RestUnchanged, run)).toEqual(["list path: source"]);
  });

  test("is broken by another destination", () => {
    const run = bend(sampleRun(), (r) => {
      poke(segmentOf(r, 1), 53, 9);
    });
    expect(judge(ipv6RestUnchanged, run)).toEqual(["list path: destination"]);
  });

  test("is broken by another hop limit", () => {
    const run = bend(sampleRun(), (r) => {
      poke(segmentOf(r, 1), 21, 9);
    });
    expect(judge(ipv6RestUnchanged, run)).toEqual(["list path: hop limit"]);
  });

  test("is broken by another traffic class", () => {
    const run = bend(sampleRun(), (r) => {
      poke(segmentOf(r, 1), 15, 9);
    });
    expect(judge(ipv6RestUnchanged, run)).toEqual(["list path: traffic class"]);
  });

  test("is broken by another next header", () => {
    const run = bend(sampleRun(), (r) => {
      poke(segmentOf(r, 1), 20, 6);
    });
    expect(judge(ipv6RestUnchanged, run)).toEqual(["list path: next header"]);
  });

  test("is broken by a fragment that announces another protocol", () => {
    const run = bend(sampleRun({ gso: "ufo", payloads: [30] }), (r) => {
      poke(segmentOf(r, 1), 54, 6);
    });
    expect(judge(ipv6RestUnchanged, run)).toEqual(["fragments: next header"]);
  });

  test("is broken by a fragment without its header", () => {
    const run = bend(sampleRun({ gso: "ufo", payloads: [30] }), (r) => {
      poke(segmentOf(r, 1), 20, 17);
    });
    expect(judge(ipv6RestUnchanged, run)).toEqual(["fragments: no fragment header"]);
  });

  test("is broken by a segment that still has the jumbo header of a packet behind a tag", () => {
    const jumbo = Uint8Array.of(17, 0, 0xc2, 4, 0, 1, 0, 0);
    const run = bend(sampleRun({ gso: "udp-l4" }), (r) => {
      const call = firstCall(r);
      for (const view of [call.input, ...call.segments]) {
        const bytes = view.bytes as Uint8Array;
        view.bytes = concat([bytes.subarray(0, 54), jumbo, bytes.subarray(54)]);
        view.bytes[20] = 0;
        view.len += jumbo.length;
      }
    });
    expect(judge(ipv6RestUnchanged, run)).toEqual(["generic path: jumbo header"]);
  });

  test("does not apply to IPv4", () => {
    expect(judge(ipv6RestUnchanged, sampleRun({ family: "ipv4" }))).toEqual("not-applicable");
  });
});
