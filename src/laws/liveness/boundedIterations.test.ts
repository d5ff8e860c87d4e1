import { describe, expect, test } from "vitest";
import type { Run, SegmentationCall } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { boundedIterations } from "./boundedIterations.js";

const changed = (run: Run, change: (call: Mutable<SegmentationCall>) => void) =>
  bend(run, ({ calls }) => {
    for (const call of calls) change(call);
  });
const cut = (iterations: number) =>
  changed(sampleRun({ gso: "udp-l4", payloads: [5, 5, 3] }), (call) => {
    call.iterations = iterations;
  });

describe("bounded-iterations", () => {
  test("holds up to one round for each datagram", () => {
    expect(judge(boundedIterations, cut(3))).toBe("holds");
    expect(judge(boundedIterations, cut(1))).toBe("holds");
  });
  test("is broken by one round more", () => {
    expect(judge(boundedIterations, cut(4))).toEqual(["skb_segment (udp-l4)"]);
  });
  test("counts the UDP header among what UFO cuts", () => {
    const ufo = (iterations: number) =>
      changed(sampleRun({ gso: "ufo", payloads: [40] }), (call) => {
        call.iterations = iterations;
      });
    expect(judge(boundedIterations, ufo(3))).toBe("holds");
    expect(judge(boundedIterations, ufo(4))).toEqual(["skb_segment (ufo)"]);
  });
  test("is broken by any round for a packet without a gso_size", () => {
    const run = changed(cut(1), ({ input }) => {
      input.shinfo.gsoSize = 0;
    });
    expect(judge(boundedIterations, run)).toEqual(["skb_segment (udp-l4)"]);
  });
  test("allows for the rounds of others that ran in the middle", () => {
    const interrupted = (iterations: number) =>
      bend(cut(iterations), ({ calls }) => {
        const [call] = calls;
        if (call === undefined) return;
        call.interrupted = true;
        calls.push({ ...structuredClone(call), holder: 1, iterations: 3, interrupted: false });
      });
    expect(judge(boundedIterations, interrupted(6))).toBe("holds");
    expect(judge(boundedIterations, interrupted(7))).toEqual(["skb_segment (udp-l4)"]);
  });
  test("does not apply to the list path, or to packets cut by their members", () => {
    expect(judge(boundedIterations, sampleRun())).toBe("not-applicable");
    const byFrags = changed(cut(9), ({ input }) => {
      input.shinfo.gsoSize = 0xffff;
    });
    expect(judge(boundedIterations, byFrags)).toBe("not-applicable");
  });
});
