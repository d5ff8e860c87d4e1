/**
 * What a case of the default property costs, in microseconds and in units (measure.ts), and how that grows.
 *
 * `npm run bench`, or `node dist/bench/flood.js [recipes per block] [blocks]`.
 */
import { cloneIsolation } from "../properties/flood/cloneIsolation.js";
import { drawRecipe, type RecipeSource } from "../src/arbitraries/draw.js";
import { type FloodConstraints, flood } from "../src/arbitraries/flood.js";
import type { Recipe } from "../src/recipe/Recipe.js";
import type { Run } from "../src/recipe/Run.js";
import { table } from "../src/report/table.js";
import { checkLaws } from "../src/runner/checkRun.js";
import { type Cost, checkAll, costOf, engine, print, runAll, SEED, timed, unit } from "./measure.js";

const AIM_UNITS = 150;

const recipesPerBlock = Number(process.argv[2] ?? 500);
const blocks = Number(process.argv[3] ?? 5);

interface CaseCost {
  readonly generate: Cost;
  readonly run: Cost;
  readonly check: Cost;
  readonly whole: Cost;
  /** Microseconds of each recipe, whole, least of the blocks; the slowest first. */
  readonly each: readonly number[];
  /** Means over the recipes of a block. */
  readonly members: number;
  readonly calls: number;
  readonly segments: number;
}

function caseCost(source: RecipeSource<Recipe>, count: number): CaseCost {
  const { name, laws } = cloneIsolation;
  const [generate, run, check, whole]: number[][] = [[], [], [], []];
  const draw = () => Array.from({ length: count }, (_, i) => drawRecipe(source, SEED, name, i).value);
  const recipes = draw();
  const each = new Array<number>(count).fill(Number.POSITIVE_INFINITY);
  let runs: Run[] = [];
  // The first block warms the compiler up and is not counted.
  for (let block = 0; block <= blocks; block++) {
    const costs = [timed(count, draw), timed(count, () => runAll(recipes))];
    runs = recipes.map((recipe) => engine.run(recipe));
    costs.push(
      timed(count, () => checkAll(runs, laws)),
      timed(count, () => {
        for (let i = 0; i < count; i++) {
          const cost = timed(1, () => void checkLaws(drawRecipe(source, SEED, name, i).value, engine, laws));
          if (cost < (each[i] as number)) each[i] = cost;
        }
      }),
    );
    if (block > 0) [generate, run, check, whole].forEach((samples, i) => void samples?.push(costs[i] as number));
  }
  const mean = (of: (run: Run) => number) => runs.reduce((sum, one) => sum + of(one), 0) / count;
  return {
    generate: costOf(generate ?? []),
    run: costOf(run ?? []),
    check: costOf(check ?? []),
    whole: costOf(whole ?? []),
    each: each.sort((a, b) => b - a),
    members: mean(({ recipe }) => recipe.packet.members.length),
    calls: mean(({ calls }) => calls.length),
    segments: mean(({ calls }) => calls.reduce((sum, { segments }) => sum + segments.length, 0)),
  };
}

const inMicroseconds = (cost: Cost): string[] => [cost.least.toFixed(1), cost.median.toFixed(1)];

/** A mean over cases says little where one case in a thousand has fifty thousand segments. */
function spread(slowestFirst: readonly number[], one: Cost): string {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const middle = slowestFirst[slowestFirst.length >> 1] ?? 0;
  const slowest = sum(slowestFirst.slice(0, Math.ceil(slowestFirst.length / 100)));
  const share = (100 * slowest) / sum(slowestFirst);
  const units = (middle / one.least).toFixed(0);
  return `  half of the cases take ${middle.toFixed(0)} us (${units} units) or less; the slowest 1 % take ${share.toFixed(0)} % of the time`;
}

function printParts(cost: CaseCost, one: Cost): void {
  const row = (name: string, part: Cost) => [
    name,
    ...inMicroseconds(part),
    (part.least / one.least).toFixed(0),
    (part.median / one.median).toFixed(0),
  ];
  print([
    `${cloneIsolation.name}, seed ${SEED}, ${recipesPerBlock} recipes, ${blocks} blocks; aim: ${AIM_UNITS} units a case`,
    ...table(
      [
        ["", "us least", "us median", "units least", "units median"],
        ["unit", one.least.toFixed(2), one.median.toFixed(2), "1", "1"],
        row("generate", cost.generate),
        row("build and run", cost.run),
        row("check", cost.check),
        row("whole case", cost.whole),
      ],
      "  ",
    ),
    spread(cost.each, one),
    `  a case has ${cost.members.toFixed(1)} members, ${cost.calls.toFixed(1)} calls, ${cost.segments.toFixed(1)} segments`,
  ]);
}

function printSweep(title: string, values: readonly number[], constraints: (n: number) => FloodConstraints): void {
  const rows = values.map((n) => {
    const cost = caseCost(flood({ switches: 0, failures: 0, ...constraints(n) }), Math.ceil(recipesPerBlock / 4));
    const parts = [cost.generate, cost.run, cost.check, cost.whole].map(({ least }) => least.toFixed(1));
    return [String(n), ...parts, (cost.whole.least / n).toFixed(1), cost.calls.toFixed(1), cost.segments.toFixed(1)];
  });
  const heads = [title, "generate", "run", "check", "whole", `whole per ${title.slice(0, -1)}`, "calls", "segments"];
  print(["us a case, least of the blocks", ...table([heads, ...rows], "  ")]);
}

printParts(caseCost(cloneIsolation.recipes, recipesPerBlock), unit(blocks));
printSweep("members", [1, 4, 16, 64], (n) => ({ members: { min: n, max: n }, holders: { min: 2 } }));
printSweep("holders", [1, 2, 3, 4, 5, 6], (n) => ({ holders: { min: n, max: n } }));
