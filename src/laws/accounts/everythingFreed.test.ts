import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { everythingFreed } from "./everythingFreed.js";

const left = () =>
  bend(sampleRun(), ({ accounts }) => {
    accounts.live = { skbs: 1, heads: 0, pageRefs: 2 };
  });

describe("everything-freed", () => {
  test("holds when nothing is alive", () => {
    expect(judge(everythingFreed, sampleRun())).toBe("holds");
  });
  test("is broken when objects are left alive, once for each kind", () => {
    expect(judge(everythingFreed, left())).toEqual(["skb", "page"]);
  });
  test("is broken by a leak that the sanitizer saw", () => {
    const run = bend(sampleRun(), ({ memory }) => {
      memory.push({ kind: "leak", object: "ubuf#4", field: "", holder: -1, site: [], before: 0, after: 0, other: -1 });
    });
    expect(judge(everythingFreed, run)).toEqual(["ubuf"]);
  });
  test("does not apply when a fault left things lying about", () => {
    const run = bend(left(), ({ faults }) => {
      faults.push({ kind: "BUG", id: "pull", holder: 0, site: [], values: {} });
    });
    expect(judge(everythingFreed, run)).toBe("not-applicable");
  });
});
