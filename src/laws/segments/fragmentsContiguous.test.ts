import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { fragmentsContiguous } from "./fragmentsContiguous.js";

describe("fragments-contiguous", () => {
  test("holds over IPv6", () => {
    expect(judge(fragmentsContiguous, sampleRun({ gso: "ufo", payloads: [30] }))).toEqual("holds");
  });

  test("holds over IPv4", () => {
    expect(judge(fragmentsContiguous, sampleRun({ gso: "ufo", family: "ipv4", payloads: [30] }))).toEqual("holds");
  });

  test("is broken by a hole", () => {
    const run = bend(sampleRun({ gso: "ufo", family: "ipv4", payloads: [30] }), (r) => {
      poke(segmentOf(r, 2), 21, 5);
    });
    expect(judge(fragmentsContiguous, run)).toEqual(["IPv4"]);
  });

  test("is broken by an offset that counts other headers too", () => {
    const run = bend(sampleRun({ gso: "ufo", payloads: [30] }), (r) => {
      poke(segmentOf(r, 1), 57, 25);
    });
    expect(judge(fragmentsContiguous, run)).toEqual(["IPv6"]);
  });

  test("does not apply when fragments cannot be multiples of eight", () => {
    const run = bend(sampleRun({ gso: "ufo", payloads: [30] }), (r) => {
      firstCall(r).input.shinfo.gsoSize = 17;
    });
    expect(judge(fragmentsContiguous, run)).toEqual("not-applicable");
  });

  test("does not apply to datagrams", () => {
    expect(judge(fragmentsContiguous, sampleRun())).toEqual("not-applicable");
  });
});
