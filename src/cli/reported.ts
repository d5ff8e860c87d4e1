/** A finding as the commands hand it to reports, wherever it came from: drawn, or out of the corpus. */
import type { CorpusEntry } from "../corpus/entry.js";
import type { Recipe } from "../recipe/Recipe.js";
import { counted } from "../report/counted.js";
import type { ResultFinding } from "../report/json.js";
import type { FindingText } from "../report/text.js";
import type { CampaignFinding } from "../runner/campaign.js";
import type { Finding } from "../runner/finding.js";

export interface Reported extends Finding {
  readonly property: string;
  readonly known: boolean;
  readonly recipe: Recipe;
  readonly runsToFind: number;
  readonly secondsToFind: number;
  readonly shrinks: number;
  /** Shown path of the entry; empty when nothing was saved. */
  readonly entry: string;
  /** What to type to see it again. */
  readonly replay: string;
  readonly times: number;
  /** How it was found, in a few words. */
  readonly history: string;
}

/** A drawn finding with the entry it was saved in. */
export function reportedDrawn(finding: CampaignFinding, entry: string, replay: string): Reported {
  const shrunk = {
    smallest: `shrunk in ${counted(finding.shrinks, "step")}`,
    budget: `shrunk in ${counted(finding.shrinks, "step")}, perhaps not to the smallest`,
    stopped: `shrunk in ${counted(finding.shrinks, "step")} until it was stopped`,
    "not-shrunk": "not shrunk",
  }[finding.shrinkEnded];
  return { ...finding, entry, replay, history: `found in run ${finding.runsToFind}, ${shrunk}` };
}

/** A finding made by carrying a saved entry out again. */
export function reportedSaved(
  finding: Finding,
  saved: { entry: CorpusEntry; known: boolean; file: string; replay: string; history: string },
): Reported {
  const { entry, known, file, replay, history } = saved;
  return {
    ...finding,
    property: entry.property,
    known,
    recipe: entry.recipe,
    runsToFind: 0,
    secondsToFind: 0,
    shrinks: 0,
    entry: file,
    replay,
    times: 1,
    history,
  };
}

export const textOf = (it: Reported): FindingText => ({ ...it, sentence: it.lawText });

export const jsonOf = (it: Reported): ResultFinding => ({
  law: it.law,
  property: it.property,
  signature: it.signature,
  known: it.known,
  runsToFind: it.runsToFind,
  secondsToFind: it.secondsToFind,
  shrinks: it.shrinks,
  recipe: it.recipe as ResultFinding["recipe"],
  expected: it.expected,
  received: it.received,
  entry: it.entry,
  replay: it.replay,
});
