import { describe, expect, test } from "vitest";
import type { MemoryReport } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { noSharedWrite } from "./noSharedWrite.js";

const reported = (...reports: readonly Partial<MemoryReport>[]) =>
  bend(sampleRun(), ({ memory }) => {
    for (const report of reports) {
      const usual = {
        object: "shinfo#2",
        field: "gso_segs",
        holder: 1,
        site: ["skb_segment_list", "__udp_gso_segment"],
      };
      memory.push({
        ...usual,
        before: 5,
        after: 0,
        other: 0,
        kind: "shared-write",
        ...report,
      } as Mutable<MemoryReport>);
    }
  });

describe("no-shared-write", () => {
  test("holds when the sanitizer saw nothing", () => {
    expect(judge(noSharedWrite, sampleRun())).toBe("holds");
  });
  test("is broken once at each place, whichever object it was", () => {
    const run = reported({}, { object: "shinfo#9" }, { site: ["kfree_skb"] }, { field: "frags[3]", site: [] });
    expect(judge(noSharedWrite, run)).toEqual([
      "gso_segs by skb_segment_list",
      "gso_segs by kfree_skb",
      "frags[] by set-up",
    ]);
  });
  test("tells the holder with the whole call chain", () => {
    const at = { holder: 1, object: "shinfo#2", site: "skb_segment_list < __udp_gso_segment" };
    expect(noSharedWrite.check(reported({}), {})).toMatchObject([{ received: "gso_segs of shinfo#2 from 5 to 0", at }]);
  });
  test("leaves other reports to other laws", () => {
    expect(judge(noSharedWrite, reported({ kind: "race" }, { kind: "leak" }))).toBe("holds");
  });
});
