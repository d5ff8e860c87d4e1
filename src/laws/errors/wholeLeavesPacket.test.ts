import { describe, expect, test } from "vitest";
import { concat } from "../../bytes/concat.js";
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
  test("holds of a packet too long for its length field that lost its jumbo header, and only of such", () => {
    const jumbo = Uint8Array.of(6, 0, 0xc2, 4, 0, 1, 0, 0);
    const lost = (len: number) =>
      bend(sampleRun({ gso: "tcp" }), ({ calls }) => {
        for (const call of calls) {
          const { input } = call;
          const after = structuredClone(input) as Mutable<SkbView>;
          const short = input.bytes as Uint8Array;
          input.bytes = concat([short.subarray(0, 54), jumbo, short.subarray(54)]);
          input.bytes[20] = 0;
          input.protocol = 0x86dd;
          input.len = len;
          after.len = len - jumbo.length;
          Object.assign(call, { result: "whole", segments: [], after });
        }
      });
    expect(judge(wholeLeavesPacket, lost(70_000))).toBe("holds");
    expect(judge(wholeLeavesPacket, lost(60_000))).toEqual(["len (tcp)", "bytes (tcp)"]);
  });
  test("does not apply to a call that gave a list", () => {
    expect(judge(wholeLeavesPacket, sampleRun({ gso: "udp-l4" }))).toBe("not-applicable");
  });
});
