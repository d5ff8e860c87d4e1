/** A drawn finding as an entry of the corpus. */
import { type CorpusEntry, ENTRY_FORMAT } from "../corpus/entry.js";
import type { CampaignFinding } from "../runner/campaign.js";
import type { KernelChoice } from "../runner/deps.js";
import { MAINLINE } from "./selection.js";

export function entryOfFinding(finding: CampaignFinding, kernel: KernelChoice, version: string): CorpusEntry {
  return {
    format: ENTRY_FORMAT,
    title: `${finding.law} broken at ${finding.place}`,
    why: "Found by fuzzing; nobody has explained it yet.",
    property: finding.property,
    kernel: kernel.release ?? MAINLINE,
    bugs: kernel.bugs,
    law: finding.law,
    place: finding.place,
    signature: finding.signature,
    seed: finding.seed,
    index: finding.index,
    runsToFind: finding.runsToFind,
    foundBy: `skbcheck ${version}`,
    expected: finding.expected,
    received: finding.received,
    recipe: finding.recipe,
  };
}
