/** How much a campaign may do, and which part of it is this process's. */
import { HarnessError } from "../corpus/HarnessError.js";

/** One of `count` processes that share a campaign, counted from 0: it has the recipes i with i mod count = index. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

export const WHOLE: Shard = { index: 0, count: 1 };

export interface Budget {
  /** Runs of each property, over all shards together. */
  readonly runs?: number | undefined;
  readonly seconds?: number | undefined;
}

/** Throws a HarnessError `bad-budget` or `bad-shard`. */
export function checkBudget(budget: Budget, shard: Shard): void {
  const { runs, seconds } = budget;
  if (runs === undefined && seconds === undefined) {
    throw new HarnessError("bad-budget", "expected a number of runs or a time for the campaign, got neither");
  }
  if (runs !== undefined && !(Number.isSafeInteger(runs) && runs >= 0)) {
    throw new HarnessError("bad-budget", `expected a whole number of runs, got ${runs}`);
  }
  if (seconds !== undefined && !(seconds >= 0)) {
    throw new HarnessError("bad-budget", `expected a time in seconds, got ${seconds}`);
  }
  const { index, count } = shard;
  if (!(Number.isSafeInteger(count) && count >= 1 && Number.isSafeInteger(index) && index >= 0 && index < count)) {
    throw new HarnessError(
      "bad-shard",
      `expected a shard from 0 to below the number of shards, got ${index} of ${count}`,
    );
  }
}
