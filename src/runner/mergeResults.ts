/** The results of shards put together, in any order, into what one process alone would have returned. */
import { HarnessError } from "../corpus/HarnessError.js";
import { type CampaignFinding, type CampaignResult, type LawCount, perSecond } from "./CampaignResult.js";
import { newFindingsOf } from "./Tally.js";

/** The reason that says most about why a campaign ended comes first. */
const REASONS: readonly CampaignResult["stopped"][] = ["signal", "fail-fast", "time", "runs"];

/**
 * Findings, counts and runs are those of the unsharded campaign; seconds are those of the slowest shard.
 *
 * Throws a HarnessError `unlike-results` when there are none, or when they belong to different campaigns.
 */
export function mergeResults(results: readonly CampaignResult[]): CampaignResult {
  const [first] = results;
  if (first === undefined) throw new HarnessError("unlike-results", "expected results to merge, got none");
  for (const result of results) refuseUnlike(first, result);

  const findings = mergeFindings(results);
  const runs = sum(results.map((result) => result.runs));
  const seconds = Math.max(...results.map((result) => result.seconds));
  const properties = first.properties.map(({ name }, at) => ({
    name,
    runs: sum(results.map((result) => result.properties[at]?.runs ?? 0)),
    findings: newFindingsOf(name, findings),
  }));
  const laws = first.laws.map(({ name }, at): LawCount => {
    const counts = results.map((result) => result.laws[at]);
    return {
      name,
      applied: sum(counts.map((count) => count?.applied ?? 0)),
      broken: sum(counts.map((count) => count?.broken ?? 0)),
    };
  });
  const stopped = REASONS.find((reason) => results.some((result) => result.stopped === reason)) ?? "runs";
  const { seed, kernel, engine } = first;
  const speed = { runs, seconds, runsPerSecond: perSecond(runs, seconds) };
  return { seed, kernel, engine, ...speed, properties, laws, findings, stopped };
}

/** Of each signature the sighting with the lowest index stays. */
function mergeFindings(results: readonly CampaignResult[]): CampaignFinding[] {
  const all = results.flatMap(({ findings }) => findings);
  // One index belongs to one shard, and the sort is stable: its findings keep the order of properties and laws.
  all.sort((a, b) => a.index - b.index);
  const merged = new Map<string, CampaignFinding>();
  for (const finding of all) {
    const earlier = merged.get(finding.signature);
    const kept = earlier === undefined ? finding : { ...earlier, times: earlier.times + finding.times };
    merged.set(finding.signature, kept);
  }
  return [...merged.values()];
}

function refuseUnlike(first: CampaignResult, other: CampaignResult): void {
  const identity = ({ seed, kernel, engine, properties, laws }: CampaignResult): string =>
    JSON.stringify({
      seed,
      kernel,
      engine,
      properties: properties.map(({ name }) => name),
      laws: laws.map(({ name }) => name),
    });
  if (identity(first) !== identity(other)) {
    const words = ({ seed, kernel, engine }: CampaignResult) => `seed ${seed}, kernel ${kernel}, engine ${engine}`;
    throw new HarnessError(
      "unlike-results",
      `expected results of one campaign (${words(first)}), got one of another (${words(other)}) or of other properties`,
    );
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
