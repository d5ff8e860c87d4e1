import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { byFragsOnePerMember } from "./byFragsOnePerMember.js";

const packet = sampleRun({ gso: "sctp", payloads: [8, 12, 4] });

describe("by-frags-one-per-member", () => {
  test("holds of sizes that differ", () => {
    expect(judge(byFragsOnePerMember, packet)).toBe("holds");
  });
  test("is broken by a member that is missing", () => {
    expect(
      judge(
        byFragsOnePerMember,
        bend(packet, (r) => void firstCall(r).segments.pop()),
      ),
    ).toEqual(["generic path (sctp): count"]);
  });
  test("is broken by a segment of another length", () => {
    const run = bend(packet, (r) => {
      segmentOf(r, 1).bytes = new Uint8Array(70);
    });
    expect(judge(byFragsOnePerMember, run)).toEqual(["generic path (sctp): size"]);
  });
  test("does not apply to packets with a size", () => {
    expect(judge(byFragsOnePerMember, sampleRun({ gso: "tcp" }))).toBe("not-applicable");
  });
});
