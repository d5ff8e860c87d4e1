/** What the laws on siblings look at: a holder's own sk_buff while only others ran. */
import type { Disturbance, HolderRun, Run } from "../../recipe/Run.js";
import { Findings, type Verdict } from "../law.js";

/** Whether somebody shared the packet: only then can one holder's work be seen by another. */
export const hasSiblings = (run: Run): boolean =>
  run.holders.reduce((born, holder) => born + (holder.outcome === "unborn" ? 0 : 1), 0) > 1;

/** Judges every disturbance. Applies to a run in which there was a sibling to disturb. */
export function judgeDisturbances(
  run: Run,
  judge: (disturbance: Disturbance, holder: HolderRun, findings: Findings) => void,
): Verdict {
  const findings = new Findings(run);
  if (hasSiblings(run)) findings.applies();
  for (const holder of run.holders) {
    for (const disturbance of holder.disturbances) judge(disturbance, holder, findings);
  }
  return findings.verdict();
}

/** For the reader: whose sk_buff it was, who ran in between. */
export const whoRan = (holder: HolderRun, { by }: Disturbance): Record<string, number | string> => ({
  holder: holder.index,
  by: by.length === 0 ? "nobody" : by.join(", "),
});
