import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { listKeepsTcpHeaders } from "./listKeepsTcpHeaders.js";

const list = sampleRun({ gso: "tcp-fraglist", payloads: [8, 8, 8] });

describe("list-keeps-tcp-headers", () => {
  test("holds, with ports and a sum that were rewritten", () => {
    const run = bend(list, (r) => {
      poke(segmentOf(r, 1), 54, 9, 9, 9, 9);
      poke(segmentOf(r, 1), 70, 9, 9);
    });
    expect([list, run].map((one) => judge(listKeepsTcpHeaders, one))).toEqual(["holds", "holds"]);
  });
  test.each([
    ["member: sequence number (tcp-fraglist)", 1, 61],
    ["head: fields (tcp-fraglist)", 0, 67],
    ["member: options (tcp-fraglist)", 2, 75],
  ])("is broken at %s", (place, index, at) => {
    expect(
      judge(
        listKeepsTcpHeaders,
        bend(list, (r) => poke(segmentOf(r, index), at, 0x77)),
      ),
    ).toEqual([place]);
  });
  test("does not apply to the generic path", () => {
    expect(judge(listKeepsTcpHeaders, sampleRun({ gso: "tcp" }))).toBe("not-applicable");
  });
});
