/** A property is data: recipes to draw and laws to hold. vitest, the fuzzer, a worker and another machine run the same thing. */
import type { RecipeSource } from "../arbitraries/draw.js";
import type { Law } from "../laws/law.js";
import type { Recipe } from "../recipe/Recipe.js";

export interface Property {
  /** Family and name, typed in a shell: `flood/clone-isolation`. */
  readonly name: string;
  /** One sentence for the report. */
  readonly says: string;
  readonly recipes: RecipeSource<Recipe>;
  readonly laws: readonly Law[];
}

export const property = (declaration: Property): Property => declaration;
