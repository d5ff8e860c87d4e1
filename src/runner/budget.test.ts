import { expect, test } from "vitest";
import { checkBudget, WHOLE } from "./budget.js";

test("A campaign may be bounded by runs, by time, or by both; nothing at all is a budget too.", () => {
  for (const budget of [{ runs: 0 }, { runs: 10 }, { seconds: 0.5 }, { runs: 10, seconds: 60 }]) {
    expect(() => checkBudget(budget, WHOLE)).not.toThrow();
  }
});

test("The last shard is one below their number.", () => {
  expect(() => checkBudget({ runs: 1 }, { index: 2, count: 3 })).not.toThrow();
  expect(() => checkBudget({ runs: 1 }, { index: 3, count: 3 })).toThrow("got 3 of 3");
  expect(() => checkBudget({ runs: 1 }, { index: -1, count: 3 })).toThrow("got -1 of 3");
});
