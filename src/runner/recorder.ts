/**
 * The flight recorder's door: it is handed every recipe just before it runs, so that a killed or stuck process loses
 * none. Only the interface and a recorder that keeps nothing are here.
 */
import type { Engine } from "../engine/Engine.js";
import type { Recipe } from "../recipe/Recipe.js";

/** What a recipe is about to be run for. */
export interface RecordedCase {
  readonly property: string;
  readonly seed: number;
  readonly index: number;
  /** `drawn`: from the generator; `shrink`: a smaller candidate. Companion runs go by the case that they belong to. */
  readonly purpose: "drawn" | "shrink";
}

export interface Recorder {
  before(recipe: Recipe, origin: RecordedCase): void;
}

export const nullRecorder: Recorder = { before: () => {} };

/** The same engine, with every recipe handed to the recorder first. */
export const recordedEngine = (engine: Engine, recorder: Recorder, origin: RecordedCase): Engine => ({
  name: engine.name,
  kernel: engine.kernel,
  run: (recipe, options) => {
    recorder.before(recipe, origin);
    return engine.run(recipe, options);
  },
});
