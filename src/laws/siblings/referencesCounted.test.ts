import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { referencesCounted } from "./referencesCounted.js";

const miscounted = () =>
  bend(sampleRun(), ({ accounts }) => {
    accounts.miscounted = [
      { object: "skb#4", counted: 2, recorded: 1 },
      { object: "skb#5", counted: 1, recorded: 2 },
      { object: "page#2", counted: 1, recorded: 0 },
    ];
  });

describe("references-counted", () => {
  test("holds when the census agrees with the counters", () => {
    expect(judge(referencesCounted, sampleRun())).toBe("holds");
  });
  test("is broken by a counter that disagrees, once for each kind of object", () => {
    expect(judge(referencesCounted, miscounted())).toEqual(["skb", "page"]);
  });
  test("does not apply when a fault left things half done", () => {
    const run = bend(miscounted(), ({ faults }) => {
      faults.push({ kind: "BUG", id: "pull", holder: 0, site: ["__skb_pull"], values: {} });
    });
    expect(judge(referencesCounted, run)).toBe("not-applicable");
  });
});
