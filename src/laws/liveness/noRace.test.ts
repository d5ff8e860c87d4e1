import { describe, expect, test } from "vitest";
import type { MemoryReport } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { noRace } from "./noRace.js";

const reported = (...reports: readonly Partial<MemoryReport>[]) =>
  bend(sampleRun(), ({ memory }) => {
    for (const report of reports) {
      const usual = {
        object: "shinfo#2",
        field: "gso_size",
        holder: 1,
        site: ["skb_segment_list", "__udp_gso_segment"],
      };
      memory.push({ ...usual, before: 5, after: 0, other: 0, kind: "race", ...report } as Mutable<MemoryReport>);
    }
  });

describe("no-race", () => {
  test("holds when the sanitizer saw nothing", () => {
    expect(judge(noRace, sampleRun())).toBe("holds");
  });
  test("is broken once at each place, whichever object it was", () => {
    const run = reported({}, { object: "shinfo#9" }, { site: ["kfree_skb"] }, { field: "frags[3]", site: [] });
    expect(judge(noRace, run)).toEqual(["gso_size in skb_segment_list", "gso_size in kfree_skb", "frags[] in set-up"]);
  });
  test("tells the holder with the whole call chain", () => {
    const at = { holder: 1, object: "shinfo#2", site: "skb_segment_list < __udp_gso_segment" };
    expect(noRace.check(reported({}), {})).toMatchObject([{ received: "gso_size of shinfo#2 by holders 1 and 0", at }]);
  });
  test("leaves other reports to other laws", () => {
    expect(judge(noRace, reported({ kind: "shared-write" }, { kind: "leak" }))).toBe("holds");
  });
});
