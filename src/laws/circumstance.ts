/** What was special about a run, for places: one circumstance's leak must not hide another leak. */
import type { Run } from "../recipe/Run.js";

/** ` after a failed allocation`, ` of managed zero-copy`, both, or nothing. */
export function circumstance({ recipe, allocations }: Run): string {
  const failed = recipe.failures.some((i) => i <= allocations) ? " after a failed allocation" : "";
  const managed = recipe.packet.head.zerocopy === "managed" ? " of managed zero-copy" : "";
  return managed + failed;
}
