/** What came out of a campaign, as plain data: the report, `--json` and the merging of shards all work on this. */
import type { Recipe } from "../recipe/Recipe.js";
import type { Finding } from "./finding.js";

export interface CampaignFinding extends Finding {
  readonly property: string;
  /** A person accepted this signature; it was neither saved nor made small. */
  readonly known: boolean;
  readonly seed: number;
  /** Which recipe of its property showed it first. */
  readonly index: number;
  /** index + 1: how many runs of the property that took, all shards counted. */
  readonly runsToFind: number;
  readonly secondsToFind: number;
  /** Candidates that were accepted while it was made smaller. */
  readonly shrinks: number;
  /** `smallest`: nothing smaller still fails; `budget`: runs used up; `stopped`: by a signal. */
  readonly shrinkEnded: "smallest" | "budget" | "stopped" | "not-shrunk";
  /** As small as it got. */
  readonly recipe: Recipe;
  /** Path of the saved entry, empty when there is none. */
  readonly entry: string;
  /** What to type to see it again. */
  readonly replay: string;
  /** Runs in which the signature was seen, shrinking not counted. */
  readonly times: number;
}

export interface PropertyCount {
  readonly name: string;
  readonly runs: number;
  /** Distinct signatures that it was the first to show and that are not known. */
  readonly findings: number;
}

export interface LawCount {
  readonly name: string;
  /** Runs in which it had something to check. */
  readonly applied: number;
  readonly broken: number;
}

export interface CampaignResult {
  readonly seed: number;
  readonly kernel: string;
  readonly engine: string;
  /** Drawn recipes that were run, over all properties; companions and shrinking not counted. */
  readonly runs: number;
  readonly seconds: number;
  readonly runsPerSecond: number;
  readonly properties: readonly PropertyCount[];
  readonly laws: readonly LawCount[];
  /** In the order in which one process alone finds them: by index, then by property. Known ones among them. */
  readonly findings: readonly CampaignFinding[];
  readonly stopped: "runs" | "time" | "fail-fast" | "signal";
}

export const perSecond = (runs: number, seconds: number): number => (seconds > 0 ? runs / seconds : 0);
