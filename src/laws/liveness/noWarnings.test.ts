import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { noWarnings } from "./noWarnings.js";

describe("no-warnings", () => {
  test("holds in silence", () => {
    expect(judge(noWarnings, sampleRun())).toBe("holds");
  });
  test("is broken by a warning of either kind", () => {
    const run = bend(sampleRun(), ({ warnings }) => {
      warnings.push({ kind: "WARN", id: "bad-offload", holder: 0, site: ["skb_checksum_help"] });
      warnings.push({ kind: "DBGWARN", id: "list-sk", holder: 0, site: ["skb_segment_list"] });
    });
    expect(judge(noWarnings, run)).toEqual(["bad-offload in skb_checksum_help", "list-sk in skb_segment_list"]);
  });
  test("applies to every run", () => {
    expect(judge(noWarnings, sampleRun({ gso: "ufo" }))).toBe("holds");
  });
});
