/** What the laws on memory have in common: one violation for each place that the sanitizer reports. */
import type { MemoryReport, Run } from "../../recipe/Run.js";
import { kindOf } from "../accounts/kindOf.js";
import { Findings, type Verdict } from "../law.js";

export interface MemoryRule {
  readonly kinds: readonly MemoryReport["kind"][];
  readonly expected: string;
  /** Made of the field, the function, the kind of object. */
  readonly place: (field: string, symbol: string, object: string) => string;
  readonly received: (report: MemoryReport) => string;
}

export function judgeMemory(run: Run, { kinds, expected, place, received }: MemoryRule): Verdict {
  const findings = new Findings(run);
  findings.applies();
  for (const report of run.memory) {
    if (!kinds.includes(report.kind)) continue;
    const { field, object, site, holder } = report;
    findings.broken({
      place: place(withoutNumbers(field), site[0] ?? "set-up", kindOf(object)),
      expected,
      received: received(report),
      at: { holder, object, site: site.join(" < ") },
    });
  }
  return findings.verdict();
}

/** `frags[2]` is `frags[]`, `bytes 3..9` is `bytes`. */
const withoutNumbers = (field: string): string => field.replace(/(?<![A-Za-z_])\d+(?:\.\.\d+)?/g, "").trim();
