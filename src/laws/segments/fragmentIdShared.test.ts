import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { fragmentIdShared } from "./fragmentIdShared.js";

describe("fragment-id-shared", () => {
  test("holds over IPv6", () => {
    expect(judge(fragmentIdShared, sampleRun({ gso: "ufo", payloads: [30] }))).toEqual("holds");
  });

  test("holds over IPv4", () => {
    expect(judge(fragmentIdShared, sampleRun({ gso: "ufo", family: "ipv4", payloads: [30] }))).toEqual("holds");
  });

  test("is broken by fragments that count up", () => {
    const run = bend(sampleRun({ gso: "ufo", family: "ipv4", payloads: [30] }), (r) => {
      poke(segmentOf(r, 1), 18, 0xff, 0xff);
    });
    expect(judge(fragmentIdShared, run)).toEqual(["IPv4"]);
  });

  test("is broken by one that differs", () => {
    const run = bend(sampleRun({ gso: "ufo", payloads: [30] }), (r) => {
      poke(segmentOf(r, 2), 61, 0);
    });
    expect(judge(fragmentIdShared, run)).toEqual(["IPv6"]);
  });

  test("is broken by none at all", () => {
    const run = bend(sampleRun({ gso: "ufo", payloads: [30] }), (r) => {
      for (const segment of firstCall(r).segments) poke(segment, 58, 0, 0, 0, 0);
    });
    expect(judge(fragmentIdShared, run)).toEqual(["IPv6: zero"]);
  });

  test("does not apply to datagrams", () => {
    expect(judge(fragmentIdShared, sampleRun({ family: "ipv4" }))).toEqual("not-applicable");
  });
});
