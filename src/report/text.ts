/** Findings and the summary of a campaign, for people. */
import type { Recipe } from "../recipe/Recipe.js";
import { counted } from "./counted.js";
import { describeRecipe } from "./describeRecipe.js";
import type { Palette } from "./palette.js";
import { describePlace } from "./showRun.js";

export interface FindingText {
  readonly law: string;
  /** The law's sentence. */
  readonly sentence: string;
  readonly property: string;
  readonly expected: string;
  readonly received: string;
  readonly place: string;
  readonly at: Readonly<Record<string, number | string>>;
  readonly recipe: Recipe;
  /** How it was found and shrunk, in a few words. */
  readonly history: string;
  /** What to type next. */
  readonly replay: string;
}

/** Everything about one finding, without an empty line at either end. */
export function findingText(it: FindingText, colours: Palette): string[] {
  const where = Object.keys(it.at).length === 0 ? it.place : `${it.place} (${describePlace(it.at)})`;
  return [
    `${colours.bad(`FOUND ${it.law}`)}  ${it.sentence}`,
    `  expected  ${it.expected}`,
    `  received  ${it.received}`,
    `  where     ${where}`,
    `  recipe    ${describeRecipe(it.recipe)}`,
    `  property  ${it.property}, ${it.history}`,
    `  replay    ${colours.strong(it.replay)}`,
  ];
}

export interface KnownText {
  readonly signature: string;
  /** Runs in which it was seen. */
  readonly times: number;
  readonly entry: string;
}

/** One line for a finding that was accepted as known. */
export const knownText = (it: KnownText): string =>
  [`known ${it.signature}`, `seen ${it.times === 1 ? "once" : `${it.times} times`}`, it.entry]
    .filter(Boolean)
    .join(", ");

export interface SummaryText {
  readonly runs: number;
  readonly seconds: number;
  readonly runsPerSecond: number;
  readonly properties: number;
  readonly newFindings: number;
  readonly knownFindings: number;
  /** Why it ended, where that was not the budget: `stopped by Ctrl-C`. */
  readonly ended: string;
  /** Laws that had nothing to check in any run. */
  readonly neverApplied: readonly string[];
}

export function summaryText(it: SummaryText, colours: Palette): string[] {
  const verdict =
    it.newFindings > 0 ? colours.bad(counted(it.newFindings, "finding")) : colours.good("nothing new found");
  const known = it.knownFindings > 0 ? `, ${it.knownFindings} known` : "";
  const ended = it.ended === "" ? "" : `, ${it.ended}`;
  const speed = `${counted(it.runs, "run")} of ${counted(it.properties, "property")}`;
  const lines = [
    `${verdict}${known}: ${speed} in ${it.seconds.toFixed(1)} s (${Math.round(it.runsPerSecond)}/s)${ended}`,
  ];
  // A law that never applied in a long campaign is a defect of the generators, so it is said.
  if (it.neverApplied.length > 0) lines.push(colours.faint(`never applied: ${it.neverApplied.join(", ")}`));
  return lines;
}
