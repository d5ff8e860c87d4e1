import { describe, expect, test } from "vitest";
import type { SkbView } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { wholeLeavesPacket } from "./wholeLeavesPacket.js";

const whole = (change: (after: Mutable<SkbView>) => void = () => {}) =>
  bend(sampleRun({ gso: "udp-l4" }), ({ calls }) => {
    for (const call of calls) {
      const after = structuredClone(call.input) as Mutable<SkbView>;
      change(after);
      Object.assign(call, { result: "whole", segments: [], after });
    }
  });

describe("whole-leaves-packet", () => {
  test("holds when only gso_segs and header offsets were set", () => {
    const run = whole((after) => {
      after.shinfo.gsoSegs = 99;
      after.networkHeader += 0;
      after.macLen = 14;
    });
    expect(judge(wholeLeavesPacket, run)).toBe("holds");
  });
  test("is broken by anything else", () => {
    const run = whole((after) => {
      after.data += 14;
      after.bytes?.fill(0, 0, 4);
      after.shinfo.gsoSize = 0;
      after.ipSummed = 0;
      after.users = 2;
      after.next = 9;
      after.truesize = 1;
    });
    expect(judge(wholeLeavesPacket, run)).toEqual([
      "data",
      "bytes",
      "gso_size",
      "ip_summed",
      "users",
      "next",
      "truesize",
    ]);
  });
  test("does not apply to a call that gave a list", () => {
    expect(judge(wholeLeavesPacket, sampleRun({ gso: "udp-l4" }))).toBe("not-applicable");
  });
});
