/**
 * What a law is: one sentence that must hold of a run, with a pure check.
 *
 * A law cannot see the modelled code. It compares with the input, with a sibling, with another run of a companion
 * recipe, or with a slow and obvious version.
 */
import type { Recipe } from "../recipe/Recipe.js";
import type { Run } from "../recipe/Run.js";
import { kindSuffix } from "./gsoKind.js";

/** How a run broke a law. `place` goes into the signature, so it names a field or a function and never a number. */
export interface Violation {
  readonly place: string;
  readonly expected: string;
  readonly received: string;
  /** Where in the run, for the reader: holder, segment, offset. */
  readonly at: Readonly<Record<string, number | string>>;
}

/** Holds; does not apply to this run; or is broken: the first violation at each distinct place. */
export type Verdict = "holds" | "not-applicable" | readonly Violation[];

export interface Law {
  /** Kebab-case id, printed and typed. */
  readonly name: string;
  /** The sentence. */
  readonly law: string;
  /** Rows of the specification that it stands for, such as SEG-4 or I1. */
  readonly standsFor: readonly string[];
  /** Recipes whose runs the check needs besides, by name; the runner supplies the runs. Undefined: does not apply to this recipe. */
  readonly companions?: (recipe: Recipe) => Readonly<Record<string, Recipe>> | undefined;
  readonly check: (run: Run, companions: Readonly<Record<string, Run>>) => Verdict;
}

/** Declares a law. A plain identity that gives the literal its type. */
export const law = (declaration: Law): Law => declaration;

/**
 * Collects violations, one for each place, and turns them into a verdict.
 *
 * Given a run, it adds the kind of packet to every place, unless that was plain UDP.
 */
export class Findings {
  /** Made when the first violation comes: most checks find none. */
  private byPlace: Map<string, Violation> | undefined;
  private applied = false;
  private readonly run: Run | undefined;

  constructor(run?: Run) {
    this.run = run;
  }

  /** Says that the law had something to check. */
  applies(): void {
    this.applied = true;
  }

  broken(violation: Violation): void {
    this.applied = true;
    this.byPlace ??= new Map();
    const place = violation.place + (this.run === undefined ? "" : kindSuffix(this.run));
    if (!this.byPlace.has(place)) this.byPlace.set(place, { ...violation, place });
  }

  verdict(): Verdict {
    if (this.byPlace !== undefined) return [...this.byPlace.values()];
    return this.applied ? "holds" : "not-applicable";
  }
}
