/** One recipe gives one run, bit for bit, whatever ran before; one seed gives one list of findings. */
import { describe, expect, test } from "vitest";
import { drawRecipe } from "../../src/arbitraries/draw.js";
import { Digest } from "../../src/bytes/digest.js";
import type { Engine } from "../../src/engine/Engine.js";
import { modelEngine } from "../../src/engine/model/modelEngine.js";
import { bugs } from "../../src/kernel/bugs/list.js";
import { kernelFor } from "../../src/kernel/kernelFor.js";
import { type Recipe, recipeParser } from "../../src/recipe/Recipe.js";
import type { Run } from "../../src/recipe/Run.js";
import { type CampaignResult, runCampaign } from "../../src/runner/campaign.js";
import type { Property } from "../../src/runner/property.js";
import { properties } from "../index.js";
import { engineOf, readCorpus } from "../support/savedCorpus.js";

const SEED = 77;
const RUNS = 100;

const mainlineEngine = (): Engine => modelEngine(kernelFor(undefined, []));
const digestOf = (run: Run): string => new Digest().value(run).hex();

/** Kernels that fault, leak and run out of their steps: what an engine keeps between runs would be left in disorder. */
const everyBug = kernelFor(
  undefined,
  bugs.map(({ id }) => id),
);

function digests(property: Property, engine: Engine): string[] {
  return Array.from({ length: RUNS }, (_, index) =>
    digestOf(engine.run(drawRecipe(property.recipes, SEED, property.name, index).value)),
  );
}

/** Something else altogether, on the same engine. */
const unrelatedCampaign = (engine: Engine, but: Property) =>
  runCampaign({
    engine,
    properties: properties.filter(({ name }) => name !== but.name),
    seed: SEED + 1,
    runs: 5,
    shrinkBudget: 10,
  });

describe("a run", () => {
  for (const property of properties) {
    test(`of ${property.name} depends on its recipe alone`, async () => {
      const engine = mainlineEngine();
      const first = digests(property, engine);
      expect(new Set(first).size).toBeGreaterThan(RUNS * 0.9);
      await unrelatedCampaign(engine, property);
      expect(digests(property, engine)).toEqual(first);
      await unrelatedCampaign(modelEngine(everyBug), property);
      expect(digests(property, mainlineEngine())).toEqual(first);
    });
  }

  test("on a kernel with every bug depends on its recipe alone too", () => {
    for (const property of properties) {
      const engine = modelEngine(everyBug);
      const first = digests(property, engine);
      expect(digests(property, engine)).toEqual(first);
    }
  });

  test("is the same with a trace, but for the trace", () => {
    const engine = mainlineEngine();
    let steps = 0;
    for (const property of properties) {
      for (let index = 0; index < 50; index++) {
        const recipe = drawRecipe(property.recipes, SEED, property.name, index).value;
        const traced = engine.run(recipe, { trace: true });
        steps += traced.trace.length;
        expect(digestOf({ ...traced, trace: [] })).toBe(digestOf(engine.run(recipe)));
      }
    }
    expect(steps).toBeGreaterThan(0);
  });

  test("does not change the recipe", () => {
    const engine = modelEngine(everyBug);
    for (const property of properties) {
      for (let index = 0; index < 50; index++) {
        const recipe = drawRecipe(property.recipes, SEED, property.name, index).value;
        const before = JSON.stringify(recipe);
        engine.run(recipe);
        expect(JSON.stringify(recipe)).toBe(before);
      }
    }
  });
});

describe("a campaign", () => {
  const campaign = () =>
    runCampaign({
      engine: modelEngine(kernelFor(undefined, ["fraglist-head-not-uncloned"])),
      properties,
      seed: SEED,
      runs: 60,
      shrinkBudget: 200,
      now: () => 0,
    });

  test("finds and shrinks the same twice, and every finding replayed gives one run", async () => {
    const first: CampaignResult = await campaign();
    expect(await campaign()).toEqual(first);
    expect(first.findings.length).toBeGreaterThan(0);
    for (const { recipe } of first.findings) expectOneRun(recipe, () => modelEngine(everyBug));
  });

  test("finds in two halves what it finds as a whole", async () => {
    const options = { engine: modelEngine(everyBug), properties, seed: SEED, shrinkBudget: 0, now: () => 0 };
    const signatures = (results: readonly CampaignResult[]) =>
      [...new Set(results.flatMap(({ findings }) => findings.map(({ signature }) => signature)))].sort();
    const whole = await runCampaign({ ...options, runs: 40 });
    const halves: CampaignResult[] = [];
    for (const index of [1, 0]) halves.push(await runCampaign({ ...options, runs: 40, shard: { index, count: 2 } }));
    expect(signatures(halves)).toEqual(signatures([whole]));
  });
});

describe("every saved entry", () => {
  const { findings, history, seeds } = readCorpus();

  test("has a file of its own", () => {
    const files = [...findings, ...history, ...seeds].map(({ file }) => file);
    expect(files).toEqual([...new Set(files)]);
  });

  for (const { file, entry } of [...findings, ...history, ...seeds]) {
    test(`${file} gives one run`, () => expectOneRun(entry.recipe, () => engineOf(entry)));
  }
});

/** The same run from two engines, from one engine twice, and from the recipe written and read back. */
function expectOneRun(recipe: Recipe, engine: () => Engine): void {
  const used = engine();
  const digest = digestOf(used.run(recipe));
  const readBack = recipeParser.parse(JSON.parse(JSON.stringify(recipe)));
  expect([used.run(recipe), engine().run(recipe), used.run(readBack)].map(digestOf)).toEqual([digest, digest, digest]);
}
