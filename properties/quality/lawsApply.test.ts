/** A law that never has anything to check is a defect of the generators: it looks kept and was never tried. */
import { beforeAll, describe, expect, test } from "vitest";
import { modelEngine } from "../../src/engine/model/modelEngine.js";
import { kernelFor } from "../../src/kernel/kernelFor.js";
import { allLaws } from "../../src/laws/all.js";
import { table } from "../../src/report/table.js";
import { type CampaignResult, runCampaign } from "../../src/runner/campaign.js";
import { properties } from "../index.js";

const SEED = 3;
const RUNS_EACH = 1000;
/** In how many of the runs, over all properties, a law must apply. */
const LEAST = 20;
/** Laws about what is rare by its nature, and how often they must apply at least. */
const RARE: Readonly<Record<string, number>> = {};

const held = new Set(properties.flatMap(({ laws }) => laws.map(({ name }) => name)));
let result: CampaignResult;
const appliedOf = (name: string): number => result.laws.find((law) => law.name === name)?.applied ?? 0;

beforeAll(async () => {
  result = await runCampaign({
    engine: modelEngine(kernelFor(undefined, [])),
    properties,
    seed: SEED,
    runs: RUNS_EACH,
    shrinkBudget: 0,
  });
  const rows = [...result.laws]
    .sort((a, b) => a.applied - b.applied)
    .map(({ name, applied, broken }) => [name, String(applied), broken === 0 ? "" : `broken ${broken} times`]);
  process.stdout.write(`\n${table([["law", `of ${result.runs} runs`, ""], ...rows]).join("\n")}\n`);
}, 600_000);

describe(`over ${RUNS_EACH} recipes of each property`, () => {
  for (const { name } of allLaws) {
    test(`${name} is held by a property and has something to check`, () => {
      expect([...held]).toContain(name);
      expect(appliedOf(name)).toBeGreaterThanOrEqual(RARE[name] ?? LEAST);
    });
  }

  test("the rare ones are laws", () => {
    const names = allLaws.map(({ name }) => name);
    expect(Object.keys(RARE).filter((name) => !names.includes(name))).toEqual([]);
  });
});
