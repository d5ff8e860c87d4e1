import type { Run } from "../../recipe/Run.js";
import type { Law } from "../law.js";

/** The verdict of a law in a form that reads well in an assertion: the places where it is broken, or a word. */
export function judge(
  law: Law,
  run: Run,
  companions: Readonly<Record<string, Run>> = {},
): "holds" | "not-applicable" | string[] {
  const verdict = law.check(run, companions);
  return typeof verdict === "string" ? verdict : verdict.map((violation) => violation.place);
}
