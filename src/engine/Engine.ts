/** What carries a recipe out. Nothing here assumes our memory: an engine may be the model, a kernel or another process. */
import type { Recipe } from "../recipe/Recipe.js";
import type { Run } from "../recipe/Run.js";

export interface RunOptions {
  /** Record every step for a reader. Slow; the run is otherwise equal to the last bit. */
  readonly trace?: boolean;
}

export interface Engine {
  readonly name: string;
  /** The release or the set of bugs in force, for reports. */
  readonly kernel: string;
  run(recipe: Recipe, options?: RunOptions): Run;
}
