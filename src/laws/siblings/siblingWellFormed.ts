/** A clone whose data_len has nothing behind it is how a clobbered sibling shows long before anybody reads it. */
import type { HolderRun, Run, SkbView } from "../../recipe/Run.js";
import { Findings, law } from "../law.js";
import { malformationOf } from "./wellFormed.js";

export const siblingWellFormed = law({
  name: "sibling-well-formed",
  law: "An sk_buff that was well formed is still so when its holder looks at it again.",
  standsFor: ["SIB-5", "I5", "I7"],
  check(run) {
    const findings = new Findings(run);
    for (const holder of run.holders) {
      for (const { moment, before, after } of momentsOf(run, holder)) {
        if (malformationOf(before) !== undefined) continue;
        findings.applies();
        const broken = malformationOf(after);
        if (broken === undefined) continue;
        const { field, expected, received } = broken;
        findings.broken({ place: field, expected, received, at: { holder: holder.index, skb: after.serial, moment } });
      }
    }
    return findings.verdict();
  },
});

interface Moment {
  readonly moment: string;
  readonly before: SkbView;
  readonly after: SkbView;
}

function momentsOf(run: Run, holder: HolderRun): Moment[] {
  const moments: Moment[] = holder.disturbances.map(({ before, after }) => ({
    moment: "between its steps",
    before,
    after,
  }));
  const { entered, kept } = holder;
  if (run.packet.view && entered)
    moments.push({ moment: "as the exit began", before: run.packet.view, after: entered });
  if (entered && kept) moments.push({ moment: "at the very end", before: entered, after: kept });
  return moments;
}
