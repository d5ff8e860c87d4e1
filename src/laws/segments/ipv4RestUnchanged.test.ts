import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { ipv4RestUnchanged } from "./ipv4RestUnchanged.js";

describe("ipv4-rest-unchanged", () => {
  test("holds of a list", () => {
    expect(judge(ipv4RestUnchanged, sampleRun({ family: "ipv4" }))).toEqual("holds");
  });

  test("holds of fragments, which lose DF", () => {
    const run = bend(sampleRun({ gso: "ufo", family: "ipv4", payloads: [30] }), (r) => {
      poke(firstCall(r).input, 20, 0x40);
    });
    expect(judge(ipv4RestUnchanged, run)).toEqual("holds");
  });

  test("is broken by DF that got lost", () => {
    const run = bend(sampleRun({ family: "ipv4" }), (r) => {
      poke(segmentOf(r, 1), 20, 0);
    });
    expect(judge(ipv4RestUnchanged, run)).toEqual(["list path: fragment word"]);
  });

  test("is broken by a member with the old source address", () => {
    const run = bend(sampleRun({ family: "ipv4" }), (r) => {
      poke(segmentOf(r, 1), 26, 192);
    });
    expect(judge(ipv4RestUnchanged, run)).toEqual(["list path: source"]);
  });

  test("is broken by a destination of its own", () => {
    const run = bend(sampleRun({ family: "ipv4", gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      poke(segmentOf(r, 1), 33, 99);
    });
    expect(judge(ipv4RestUnchanged, run)).toEqual(["generic path: destination"]);
  });

  test("is broken by another TTL", () => {
    const run = bend(sampleRun({ family: "ipv4" }), (r) => {
      poke(segmentOf(r, 2), 22, 63);
    });
    expect(judge(ipv4RestUnchanged, run)).toEqual(["list path: TTL"]);
  });

  test("is broken by another TOS", () => {
    const run = bend(sampleRun({ family: "ipv4" }), (r) => {
      poke(segmentOf(r, 2), 15, 3);
    });
    expect(judge(ipv4RestUnchanged, run)).toEqual(["list path: TOS"]);
  });

  test("is broken by a header that is none", () => {
    const run = bend(sampleRun({ family: "ipv4" }), (r) => {
      poke(segmentOf(r, 2), 14, 0);
    });
    expect(judge(ipv4RestUnchanged, run)).toEqual(["list path: version"]);
  });

  test("is broken by another protocol", () => {
    const run = bend(sampleRun({ family: "ipv4" }), (r) => {
      poke(segmentOf(r, 2), 23, 6);
    });
    expect(judge(ipv4RestUnchanged, run)).toEqual(["list path: protocol"]);
  });

  test("does not apply to IPv6", () => {
    expect(judge(ipv4RestUnchanged, sampleRun())).toEqual("not-applicable");
  });
});
