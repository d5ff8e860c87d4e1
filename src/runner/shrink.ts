/**
 * Making a found recipe small. Greedy: the first smaller candidate that still shows the same signature is taken, until
 * none is left or the budget is used up. The same input gives the same result on any machine.
 */
import { type RecipeSource, shrinksOf } from "../arbitraries/draw.js";
import type { Engine } from "../engine/Engine.js";
import type { Law } from "../laws/law.js";
import type { Recipe } from "../recipe/Recipe.js";
import { checkLaws } from "./checkRun.js";
import type { Finding } from "./finding.js";

export const DEFAULT_SHRINK_BUDGET = 2000;

export interface ShrinkOptions {
  readonly source: RecipeSource<Recipe>;
  readonly engine: Engine;
  readonly laws: readonly Law[];
  readonly recipe: Recipe;
  /** What the recipe showed. A candidate counts only if it shows the same signature. */
  readonly finding: Finding;
  /** The arbitrary's own note on the recipe, where it was drawn and not read. @defaultValue undefined */
  readonly context?: unknown;
  /** The most candidates that are run. @defaultValue 2000 */
  readonly budget?: number;
}

/** The smallest so far. */
export interface ShrinkProgress {
  readonly recipe: Recipe;
  readonly finding: Finding;
  /** Candidates accepted. */
  readonly steps: number;
  /** Candidates run. */
  readonly tried: number;
}

export interface ShrinkResult extends ShrinkProgress {
  /** `smallest`: no candidate that still fails is left; `budget`: the runs were used up. */
  readonly ended: "smallest" | "budget";
}

/** Shrinks to the end, reporting after every candidate that was run. */
export function shrink(options: ShrinkOptions, onStep?: (progress: ShrinkProgress) => void): ShrinkResult {
  const steps = shrinkSteps(options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    onStep?.(step.value);
  }
}

/** Yields after every candidate that was run; who stops early keeps the last progress, which is valid in itself. */
export function* shrinkSteps(options: ShrinkOptions): Generator<ShrinkProgress, ShrinkResult> {
  const { source, engine, finding, budget = DEFAULT_SHRINK_BUDGET } = options;
  const laws = options.laws.filter((law) => law.name === finding.law);
  const tried = new Set([JSON.stringify(options.recipe)]);
  let smallest = { value: options.recipe, context: options.context };
  let shown = finding;
  let steps = 0;
  let runs = 0;
  let start = 0;
  const progress = (): ShrinkProgress => ({ recipe: smallest.value, finding: shown, steps, tried: runs });

  search: for (;;) {
    for (const { candidate, position } of candidatesFrom(source, smallest, start)) {
      const text = JSON.stringify(candidate.value);
      if (tried.has(text)) continue;
      if (runs >= budget) return { ...progress(), ended: "budget" };
      tried.add(text);
      runs += 1;
      const { findings } = checkLaws(candidate.value, engine, laws);
      const same = findings.find(({ signature }) => signature === finding.signature);
      if (same !== undefined) {
        smallest = candidate;
        shown = same;
        steps += 1;
        start = position;
      }
      yield progress();
      if (same !== undefined) continue search;
    }
    return { ...progress(), ended: "smallest" };
  }
}

interface Candidate {
  readonly candidate: { readonly value: Recipe; readonly context: unknown };
  readonly position: number;
}

/**
 * All candidates, beginning with the one at `start` and coming round to those before it. After a success the search goes
 * on where it was: what failed a moment ago mostly fails again, and is tried last.
 */
function* candidatesFrom(
  source: RecipeSource<Recipe>,
  from: { readonly value: Recipe; readonly context: unknown },
  start: number,
): Generator<Candidate> {
  let position = 0;
  for (const candidate of shrinksOf(source, from.value, from.context)) {
    if (position >= start) yield { candidate, position };
    position += 1;
  }
  position = 0;
  for (const candidate of shrinksOf(source, from.value, from.context)) {
    if (position >= start) return;
    yield { candidate, position };
    position += 1;
  }
}
