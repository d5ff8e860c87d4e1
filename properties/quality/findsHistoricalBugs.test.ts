/** Each historical bug, switched on alone, is found by the laws it names within a budget of runs; mainline is not blamed. */
import { afterAll, describe, expect, test } from "vitest";
import { drawRecipe } from "../../src/arbitraries/draw.js";
import { modelEngine } from "../../src/engine/model/modelEngine.js";
import { bugs } from "../../src/kernel/bugs/list.js";
import type { HistoricalBug } from "../../src/kernel/historicalBug.js";
import { kernelFor } from "../../src/kernel/kernelFor.js";
import { table } from "../../src/report/table.js";
import { runCampaign } from "../../src/runner/campaign.js";
import { checkLaws } from "../../src/runner/checkRun.js";
import type { Property } from "../../src/runner/property.js";
import { properties } from "../index.js";
import { readCorpus } from "../support/savedCorpus.js";

const SEEDS = [1, 2, 3];

/**
 * Runs of each property within which a bug must be found, for every seed: about four times what the slowest seed took
 * when the number was written.
 */
const BUDGETS: Readonly<Record<string, number>> = {
  "fraglist-head-not-uncloned": 20,
  "fraglist-null-list": 60,
  "fraglist-shared-members": 20,
  "fraglist-ext-leak": 30,
  "fraglist-truesize-subtract": 30,
  "fraglist-truesize-after-unclone": 150,
  "fraglist-pulled-udp": 60,
  "fraglist-partial-pull-no-linearize": 300,
  "mss-overflow-gso-by-frags": 16000,
  "zcopy-stale-frag-cursor": 450,
  "mixed-head-alloc": 300,
  "udp-gso-owner-kept": 20,
  "udp-gso-csum-none-hw": 40,
  "udp-gso-dodgy-fallthrough": 600,
  "vnet-bad-csum-start": 400,
};
/** Bugs that need so rare a packet that only the property made for it is searched. */
const SEARCHED: Readonly<Record<string, string>> = { "mss-overflow-gso-by-frags": "segment/partial" };
/** Recipes of each property on which mainline must show nothing new. */
const MAINLINE_RUNS = 1000;

/** The properties to search for a bug, held to the laws that it names; those that hold none of them are left out. */
function hunters({ id, caughtBy: names }: HistoricalBug): Property[] {
  return properties
    .filter(({ name }) => (SEARCHED[id] ?? name) === name)
    .map((property) => ({ ...property, laws: property.laws.filter(({ name }) => names.includes(name)) }))
    .filter(({ laws }) => laws.length > 0);
}

interface Catch {
  /** Which recipe of its property it was. */
  readonly runsToFind: number;
  readonly property: string;
  /** Laws that broke on this recipe, where mainline keeps them. */
  readonly laws: readonly string[];
}

const { known } = readCorpus();
const mainline = modelEngine(kernelFor(undefined, []));
const rows: string[][] = [["bug", "seed", "runs to find", "property", "laws"]];

afterAll(() => {
  process.stdout.write(`\n${table(rows).join("\n")}\n`);
});

/**
 * The first recipe on which the bug breaks one of its laws at a place where mainline, on the same recipe, does not. What
 * mainline shows on other recipes hides nothing.
 */
function hunt(bug: HistoricalBug, seed: number): Catch | undefined {
  const engine = modelEngine(kernelFor(undefined, [bug.id]));
  const searched = hunters(bug);
  for (let index = 0; index < (BUDGETS[bug.id] ?? 0); index++) {
    for (const property of searched) {
      const recipe = drawRecipe(property.recipes, seed, property.name, index).value;
      const { findings } = checkLaws(recipe, engine, property.laws);
      if (findings.length === 0) continue;
      const innocent = checkLaws(recipe, mainline, property.laws).findings.map(({ signature }) => signature);
      const guilty = findings.filter(({ signature }) => !innocent.includes(signature));
      if (guilty.length === 0) continue;
      return { runsToFind: index + 1, property: property.name, laws: [...new Set(guilty.map(({ law }) => law))] };
    }
  }
  return undefined;
}

describe("mainline", () => {
  for (const seed of SEEDS) {
    test(`shows nothing but what is known on the same recipes, seed ${seed}`, async () => {
      const result = await runCampaign({
        engine: mainline,
        properties,
        seed,
        runs: MAINLINE_RUNS,
        known,
        shrinkBudget: 0,
      });
      const unknown = result.findings.filter((finding) => !finding.known);
      expect(unknown.map(({ signature, replay }) => `${signature}: ${replay}`).join("\n")).toBe("");
    });
  }
});

describe("every historical bug", () => {
  test("has a budget of runs", () => {
    expect(Object.keys(BUDGETS).sort()).toEqual(bugs.map(({ id }) => id).sort());
    for (const bug of bugs) expect(hunters(bug), `${bug.id} names ${bug.caughtBy.join(", ")}`).not.toEqual([]);
  });

  for (const bug of bugs) {
    for (const seed of SEEDS) {
      test(`${bug.id} is found within ${BUDGETS[bug.id]} runs of each property, seed ${seed}`, () => {
        const found = hunt(bug, seed);
        const { runsToFind = "not found", property = "", laws = [] } = found ?? {};
        rows.push([bug.id, String(seed), String(runsToFind), property, laws.join(", ")]);
        expect(found?.laws ?? []).not.toEqual([]);
      });
    }
  }
});
