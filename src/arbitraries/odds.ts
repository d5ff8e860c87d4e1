/** How often a field is drawn as what: kept apart from the declarations, which say only what is possible. */
import type { Field } from "../recipe/schema.js";
import { fieldAt } from "./fieldPath.js";

/**
 * By dotted path: a number is the chance (0 to 1) that the field is drawn and not left at its least: a bool is true, an
 * int is drawn from its range instead of being `least`, a list is longer than `min`, a choice is not the first name. A
 * table gives the weight of each name of a choice; names left out are not drawn.
 */
export type Odds = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

/** Throws an Error naming the path when the odds do not fit the declaration. */
export function checkOdds(field: Field, odds: Odds): void {
  for (const [path, odd] of Object.entries(odds)) {
    const target = fieldAt(field, path);
    if (typeof odd === "number") {
      if (!(odd >= 0 && odd <= 1)) throw new Error(`odds "${path}": expected a chance from 0 to 1, got ${odd}`);
      if (target.type === "struct") throw new Error(`odds "${path}": a struct has no odds, only its fields have`);
      continue;
    }
    if (target.type !== "choice")
      throw new Error(`odds "${path}": weights are for a choice, this is of type ${target.type}`);
    for (const [name, weight] of Object.entries(odd)) {
      if (!target.names.includes(name)) {
        throw new Error(`odds "${path}": "${name}" is none of ${target.names.join(", ")}`);
      }
      if (!(weight >= 0 && Number.isFinite(weight))) throw new Error(`odds "${path}.${name}": ${weight} is no weight`);
    }
    if (Object.values(odd).every((weight) => weight === 0)) throw new Error(`odds "${path}": every weight is 0`);
  }
}

/** The odds that are left when a declaration was narrowed: weights of names that went away are dropped with them. */
export function oddsWithin(narrowed: Field, odds: Odds): Odds {
  const kept: Record<string, number | Record<string, number>> = {};
  for (const [path, odd] of Object.entries(odds)) {
    const target = fieldAt(narrowed, path);
    if (typeof odd === "number" || target.type !== "choice") {
      kept[path] = odd as number;
      continue;
    }
    const weights = Object.entries(odd).filter(([name, weight]) => weight > 0 && target.names.includes(name));
    if (weights.length > 0) kept[path] = Object.fromEntries(weights);
  }
  return kept;
}
