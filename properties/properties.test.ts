/**
 * What is fuzzed, as tests: the saved entries first, then every property with a fixed seed, so that a change is judged by
 * the same cases each time. Signatures that were accepted as known are allowed.
 */
import { describe, expect, test } from "vitest";
import { reportedDrawn, reportedSaved, textOf } from "../src/cli/reported.js";
import { lawsForEntry } from "../src/cli/selection.js";
import type { SavedEntry } from "../src/corpus/store.js";
import { modelEngine } from "../src/engine/model/modelEngine.js";
import { kernelFor } from "../src/kernel/kernelFor.js";
import { allLaws } from "../src/laws/all.js";
import { palette } from "../src/report/palette.js";
import { findingText } from "../src/report/text.js";
import { type CampaignFinding, runCampaign } from "../src/runner/campaign.js";
import type { Finding } from "../src/runner/finding.js";
import { replayEntry } from "../src/runner/replay.js";
import { properties } from "./index.js";
import { engineOf, readCorpus } from "./support/savedCorpus.js";

const SEED = 1;
const RUNS = 300;
/** Enough to read the report; `npm run fuzz` shrinks to the end. */
const SHRINK_BUDGET = 400;

const mainline = modelEngine(kernelFor(undefined, []));
const corpus = readCorpus();
const plain = palette(false);

const lawsFor = ({ entry }: SavedEntry) => lawsForEntry(entry, properties, allLaws);

/** Findings nobody has accepted, as the fuzzer prints them. */
function unaccepted(saved: SavedEntry, findings: readonly Finding[]): string {
  const { file, entry } = saved;
  return findings
    .filter(({ signature }) => !corpus.known.has(signature))
    .map((finding) =>
      reportedSaved(finding, { entry, known: false, file, replay: `npx skbcheck replay ${file}`, history: file }),
    )
    .flatMap((it) => ["", ...findingText(textOf(it), plain)])
    .join("\n");
}

const drawnText = (finding: CampaignFinding): string =>
  ["", ...findingText(textOf(reportedDrawn(finding, "", finding.replay)), plain)].join("\n");

describe("the corpus", () => {
  test("has one entry for each signature among the findings", () => {
    const signatures = corpus.findings.map(({ entry }) => entry.signature);
    expect(signatures).toEqual([...new Set(signatures)]);
  });

  for (const saved of corpus.findings) {
    const { file, entry } = saved;
    test(`${file} still fails, and somebody has accepted that`, () => {
      const { stillFails, findings } = replayEntry(entry, mainline, lawsFor(saved));
      expect(stillFails, `${entry.signature} holds now: move the entry to corpus/seeds, or delete it`).toBe(true);
      expect(unaccepted(saved, findings)).toBe("");
    });
  }

  for (const saved of corpus.history) {
    const { file, entry } = saved;
    test(`${file} fails with ${entry.bugs.join(", ") || entry.kernel}`, () => {
      const { findings } = replayEntry(entry, engineOf(entry), lawsFor(saved));
      expect(findings.map(({ signature }) => signature)).toContain(entry.signature);
    });
    test(`${file} holds on mainline`, () => {
      const { stillFails, findings } = replayEntry(entry, mainline, lawsFor(saved));
      expect(stillFails).toBe(false);
      expect(unaccepted(saved, findings)).toBe("");
    });
  }

  for (const saved of corpus.seeds) {
    test(`${saved.file} holds`, () => {
      const { findings, applied } = replayEntry(saved.entry, engineOf(saved.entry), lawsFor(saved));
      expect(unaccepted(saved, findings)).toBe("");
      expect(applied).not.toEqual([]);
    });
  }
});

describe(`seed ${SEED}, ${RUNS} runs each`, () => {
  for (const property of properties) {
    test(`${property.name}: ${property.says}`, async () => {
      const result = await runCampaign({
        engine: mainline,
        properties: [property],
        seed: SEED,
        runs: RUNS,
        known: corpus.known,
        shrinkBudget: SHRINK_BUDGET,
      });
      expect(result.runs).toBe(RUNS);
      const fresh = result.findings.filter(({ known }) => !known);
      expect(fresh.map(drawnText).join("\n")).toBe("");
    });
  }
});
