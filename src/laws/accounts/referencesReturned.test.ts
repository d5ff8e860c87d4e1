import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { referencesReturned } from "./referencesReturned.js";

const left = () =>
  bend(sampleRun(), ({ accounts }) => {
    accounts.heldReferences = { "dst#1": 0, "dst#2": 1, "conntrack#3": -1 };
  });

describe("references-returned", () => {
  test("holds when every reference was given back", () => {
    expect(judge(referencesReturned, sampleRun())).toBe("holds");
  });
  test("is broken when references are kept or given back twice, once for each kind", () => {
    expect(judge(referencesReturned, left())).toEqual(["dst", "conntrack"]);
  });
  test("does not apply when a fault left things lying about", () => {
    const run = bend(left(), ({ faults }) => {
      faults.push({ kind: "BUG", id: "pull", holder: 0, site: [], values: {} });
    });
    expect(judge(referencesReturned, run)).toBe("not-applicable");
  });
});
