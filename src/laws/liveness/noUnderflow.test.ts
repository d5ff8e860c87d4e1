import { describe, expect, test } from "vitest";
import type { MemoryReport } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { noUnderflow } from "./noUnderflow.js";

const reported = (...reports: readonly Partial<MemoryReport>[]) =>
  bend(sampleRun(), ({ memory }) => {
    for (const report of reports) {
      const usual = { object: "shinfo#2", field: "users", holder: 1, site: ["skb_segment_list", "__udp_gso_segment"] };
      memory.push({ ...usual, before: 5, after: 0, other: 0, kind: "double-free", ...report } as Mutable<MemoryReport>);
    }
  });

describe("no-underflow", () => {
  test("holds when the sanitizer saw nothing", () => {
    expect(judge(noUnderflow, sampleRun())).toBe("holds");
  });
  test("is broken once at each place, whichever object it was", () => {
    const run = reported({}, { object: "shinfo#9" }, { site: ["kfree_skb"] }, { field: "frags[3]", site: [] });
    expect(judge(noUnderflow, run)).toEqual([
      "shinfo users in skb_segment_list",
      "shinfo users in kfree_skb",
      "shinfo frags[] in set-up",
    ]);
  });
  test("tells the holder with the whole call chain", () => {
    const at = { holder: 1, object: "shinfo#2", site: "skb_segment_list < __udp_gso_segment" };
    expect(noUnderflow.check(reported({}), {})).toMatchObject([{ received: "double-free: users of shinfo#2", at }]);
  });
  test("leaves other reports to other laws", () => {
    expect(judge(noUnderflow, reported({ kind: "race" }, { kind: "leak" }))).toBe("holds");
  });
});
