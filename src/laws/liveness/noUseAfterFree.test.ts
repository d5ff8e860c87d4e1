import { describe, expect, test } from "vitest";
import type { MemoryReport } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { noUseAfterFree } from "./noUseAfterFree.js";

const reported = (...reports: readonly Partial<MemoryReport>[]) =>
  bend(sampleRun(), ({ memory }) => {
    for (const report of reports) {
      const usual = {
        object: "shinfo#2",
        field: "frag_list",
        holder: 1,
        site: ["skb_segment_list", "__udp_gso_segment"],
      };
      memory.push({
        ...usual,
        before: 5,
        after: 0,
        other: 0,
        kind: "use-after-free",
        ...report,
      } as Mutable<MemoryReport>);
    }
  });

describe("no-use-after-free", () => {
  test("holds when the sanitizer saw nothing", () => {
    expect(judge(noUseAfterFree, sampleRun())).toBe("holds");
  });
  test("is broken once at each place, whichever object it was", () => {
    const run = reported({}, { object: "shinfo#9" }, { site: ["kfree_skb"] }, { field: "frags[3]", site: [] });
    expect(judge(noUseAfterFree, run)).toEqual([
      "shinfo frag_list in skb_segment_list",
      "shinfo frag_list in kfree_skb",
      "shinfo frags[] in set-up",
    ]);
  });
  test("tells the holder with the whole call chain", () => {
    const at = { holder: 1, object: "shinfo#2", site: "skb_segment_list < __udp_gso_segment" };
    expect(noUseAfterFree.check(reported({}), {})).toMatchObject([
      { received: "frag_list of shinfo#2, freed before", at },
    ]);
  });
  test("leaves other reports to other laws", () => {
    expect(judge(noUseAfterFree, reported({ kind: "race" }, { kind: "leak" }))).toBe("holds");
  });
});
