/** Whether an allocation failed in a run: what goes wrong then is told apart from what goes wrong anyway. */
import type { Run } from "../recipe/Run.js";

/** ` after a failed allocation`, or nothing. Part of places, so that a leak on an error path hides no other leak. */
export function afterFailure({ recipe, allocations }: Run): string {
  return recipe.failures.some((i) => i <= allocations) ? " after a failed allocation" : "";
}
