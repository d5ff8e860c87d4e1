/** What was special about a run, for places: one circumstance's leak must not hide another leak. */
import type { Run } from "../recipe/Run.js";
import { kindSuffix } from "./gsoKind.js";

/** ` after a failed allocation`, ` of managed zero-copy`, both, or nothing; behind that ` (tcp)`, if it was no plain UDP. */
export function circumstance(run: Run): string {
  const { recipe, allocations } = run;
  const failed = recipe.failures.some((i) => i <= allocations) ? " after a failed allocation" : "";
  const managed = recipe.packet.head.zerocopy === "managed" ? " of managed zero-copy" : "";
  return managed + failed + kindSuffix(run);
}
