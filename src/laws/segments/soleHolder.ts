/** Companion recipes with one holder left, for the laws that run a holder's work again without the others. */
import type { HolderRecipe, Recipe } from "../../recipe/Recipe.js";
import type { Run } from "../../recipe/Run.js";
import { type CutCall, cutCalls } from "./cutCall.js";

/** The first holder that segments: a tap only keeps its clone. -1 when there is none. */
export const soleHolderOf = (recipe: Recipe): number => recipe.holders.findIndex((holder) => holder.exit !== "tap");

/**
 * The same packet in the hands of this holder only, with nobody to interrupt it and no allocation failing. A clone has no
 * owner, so neither has the packet of a holder that had a clone.
 */
export function aloneWith(recipe: Recipe, holder: HolderRecipe): Recipe {
  const packet = holder === recipe.holders.at(-1) ? recipe.packet : ({ ...recipe.packet, owner: "none" } as const);
  return { ...recipe, packet, holders: [holder], turns: [], switches: [], failures: [] };
}

/** The lists that one holder got, in order. */
export const cutsOf = (run: Run, holder: number): readonly CutCall[] =>
  cutCalls(run).filter((cut) => cut.call.holder === holder);
