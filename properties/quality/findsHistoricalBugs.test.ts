/** Each historical bug, switched on alone, is found by the laws it names within a budget of runs; mainline is not blamed. */
import { afterAll, describe, expect, test } from "vitest";
import { drawRecipe } from "../../src/arbitraries/draw.js";
import { modelEngine } from "../../src/engine/model/modelEngine.js";
import { bugs } from "../../src/kernel/bugs/list.js";
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
  "fraglist-null-list": 100,
  "fraglist-shared-members": 40,
  "fraglist-ext-leak": 50,
  "fraglist-truesize-subtract": 40,
  "fraglist-truesize-after-unclone": 150,
  "fraglist-pulled-udp": 100,
  "fraglist-partial-pull-no-linearize": 300,
  "mss-overflow-gso-by-frags": 1500,
  "zcopy-stale-frag-cursor": 1600,
  "mixed-head-alloc": 400,
  "udp-gso-owner-kept": 40,
  "udp-gso-csum-none-hw": 50,
  "udp-gso-dodgy-fallthrough": 3000,
  "vnet-bad-csum-start": 1300,
};
const LONGEST = Math.max(...Object.values(BUDGETS));

/** The properties, held to some laws alone; those that hold none of them are left out. */
function heldTo(names: readonly string[]): Property[] {
  return properties
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
 * The first recipe on which the bug breaks one of the laws at a place where mainline, on the same recipe, does not. What
 * mainline shows on other recipes hides nothing.
 */
function hunt(ids: readonly string[], laws: readonly string[], seed: number, budget: number): Catch | undefined {
  const engine = modelEngine(kernelFor(undefined, ids));
  const hunters = heldTo(laws);
  for (let index = 0; index < budget; index++) {
    for (const property of hunters) {
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
      const result = await runCampaign({ engine: mainline, properties, seed, runs: LONGEST, known, shrinkBudget: 0 });
      const unknown = result.findings.filter((finding) => !finding.known);
      expect(unknown.map(({ signature, replay }) => `${signature}: ${replay}`).join("\n")).toBe("");
    });
  }
});

describe("every historical bug", () => {
  test("has a budget of runs", () => {
    expect(Object.keys(BUDGETS).sort()).toEqual(bugs.map(({ id }) => id).sort());
  });

  for (const bug of bugs) {
    for (const seed of SEEDS) {
      test(`${bug.id} is found within ${BUDGETS[bug.id]} runs of each property, seed ${seed}`, () => {
        const found = hunt([bug.id], bug.caughtBy, seed, BUDGETS[bug.id] ?? 0);
        const { runsToFind = "not found", property = "", laws = [] } = found ?? {};
        rows.push([bug.id, String(seed), String(runsToFind), property, laws.join(", ")]);
        expect(found?.laws ?? []).not.toEqual([]);
      });
    }
  }
});
