/** One case: a recipe carried out, and its laws evaluated. */
import { HarnessError, messageOf } from "../corpus/HarnessError.js";
import type { Engine } from "../engine/Engine.js";
import type { Law, Verdict } from "../laws/law.js";
import type { Recipe } from "../recipe/Recipe.js";
import type { Run } from "../recipe/Run.js";
import { type Finding, findingOf } from "./finding.js";

export interface CheckOptions {
  /** Record every step of the main run. @defaultValue false */
  readonly trace?: boolean;
}

export interface CheckedRun {
  readonly run: Run;
  /** One for each distinct signature, in the laws' order. */
  readonly findings: readonly Finding[];
  /** Names of the laws that had something to check, in the laws' order. */
  readonly applied: readonly string[];
  /** Names of the laws that were broken. */
  readonly broken: readonly string[];
}

/**
 * Carries the recipe out and evaluates the laws; companion recipes are run once each, however many laws want them.
 *
 * Throws a HarnessError `engine-failed` or `law-failed` when one of them throws, which neither may.
 */
export function checkLaws(
  recipe: Recipe,
  engine: Engine,
  laws: readonly Law[],
  options: CheckOptions = {},
): CheckedRun {
  const run = carryOut(engine, recipe, options.trace === true);
  const companions = new CompanionRuns(engine, run);
  const findings = new Map<string, Finding>();
  const applied: string[] = [];
  const broken: string[] = [];
  for (const law of laws) {
    const verdict = evaluate(law, run, companions);
    if (verdict === "not-applicable") continue;
    applied.push(law.name);
    if (verdict === "holds" || verdict.length === 0) continue;
    broken.push(law.name);
    for (const violation of verdict) {
      const finding = findingOf(law, violation);
      if (!findings.has(finding.signature)) findings.set(finding.signature, finding);
    }
  }
  return { run, findings: [...findings.values()], applied, broken };
}

/** The runs of companion recipes within one case, by the recipe's JSON. Another key order costs a second run, no more. */
class CompanionRuns {
  private readonly byRecipe = new Map<string, Run>();

  constructor(
    private readonly engine: Engine,
    private readonly main: Run,
  ) {}

  of(recipe: Recipe): Run {
    // The recipe's own text is worth making only once somebody asks for a companion.
    if (this.byRecipe.size === 0) this.byRecipe.set(JSON.stringify(this.main.recipe), this.main);
    const key = JSON.stringify(recipe);
    const known = this.byRecipe.get(key);
    if (known !== undefined) return known;
    const run = carryOut(this.engine, recipe, false);
    this.byRecipe.set(key, run);
    return run;
  }
}

function evaluate(law: Law, run: Run, companions: CompanionRuns): Verdict {
  try {
    if (law.companions === undefined) return law.check(run, {});
    const wanted = law.companions(run.recipe);
    if (wanted === undefined) return "not-applicable";
    const runs = Object.entries(wanted).map(([name, recipe]) => [name, companions.of(recipe)] as const);
    return law.check(run, Object.fromEntries(runs));
  } catch (cause) {
    if (cause instanceof HarnessError) throw cause;
    throw new HarnessError(
      "law-failed",
      `law ${law.name}: expected a verdict, but its check threw ${messageOf(cause)}`,
      { cause },
    );
  }
}

function carryOut(engine: Engine, recipe: Recipe, trace: boolean): Run {
  try {
    return engine.run(recipe, trace ? { trace } : undefined);
  } catch (cause) {
    if (cause instanceof HarnessError) throw cause;
    throw new HarnessError("engine-failed", `engine ${engine.name}: expected a run, but it threw ${messageOf(cause)}`, {
      cause,
    });
  }
}
