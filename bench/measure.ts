/** What the benchmarks share: timing in blocks, the unit of cost, and one case split into its parts. */
import fc from "fast-check";
import type { Engine, RunOptions } from "../src/engine/Engine.js";
import { modelEngine } from "../src/engine/model/modelEngine.js";
import { kernelFor } from "../src/kernel/kernelFor.js";
import type { Recipe } from "../src/recipe/Recipe.js";
import type { Run } from "../src/recipe/Run.js";
import { checkLaws } from "../src/runner/checkRun.js";
import type { Property } from "../src/runner/property.js";

export const SEED = 42;
const UNIT_RUNS = 20_000;

export const engine: Engine = modelEngine(kernelFor(undefined, []));

/** Microseconds a case, as means over a block: the least of several blocks, and their median. */
export interface Cost {
  readonly least: number;
  readonly median: number;
}

export function costOf(samples: readonly number[]): Cost {
  const sorted = [...samples].sort((a, b) => a - b);
  return { least: sorted[0] ?? 0, median: sorted[Math.floor(sorted.length / 2)] ?? 0 };
}

/**
 * Microseconds that `work` takes, divided by `times`: of processor time, which says the same when others work on the
 * machine too. What the collector and the compiler do beside it counts.
 */
export function timed(times: number, work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / times;
}

/**
 * One run of a property of one integer under `fc.assert`, in this process: a number that says the same on a slow machine
 * and on a fast one.
 */
export function unit(blocks: number): Cost {
  const isWhole = fc.property(fc.integer(), (n) => Number.isInteger(n));
  const assert = () => fc.assert(isWhole, { numRuns: UNIT_RUNS });
  assert();
  return costOf(Array.from({ length: blocks }, () => timed(UNIT_RUNS, assert)));
}

/** Carries every recipe out, once. */
export function runAll(recipes: readonly Recipe[]): void {
  for (const recipe of recipes) engine.run(recipe);
}

/** Laws that want companion runs pay for them themselves: only the main run is handed to them ready-made. */
export function checkAll(runs: readonly Run[], laws: Property["laws"]): void {
  const byRecipe = new Map(runs.map((run) => [run.recipe, run]));
  const player: Engine = {
    name: engine.name,
    kernel: engine.kernel,
    run: (recipe: Recipe, options?: RunOptions) => byRecipe.get(recipe) ?? engine.run(recipe, options),
  };
  for (const { recipe } of runs) checkLaws(recipe, player, laws);
}

export const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join("\n")}\n\n`);
