/** What the generators reach, counted over runs of the model: a shape that never occurs is never tested. */
import { beforeAll, describe, expect, test } from "vitest";
import { drawRecipe } from "../../src/arbitraries/draw.js";
import { modelEngine } from "../../src/engine/model/modelEngine.js";
import { kernelFor } from "../../src/kernel/kernelFor.js";
import { table } from "../../src/report/table.js";
import { properties } from "../index.js";
import { journeyShapes } from "./journeyShapes.js";
import { shapes as packetShapes } from "./shapes.js";

const SEED = 2024;
const RUNS_EACH = 2500;
const RUNS = RUNS_EACH * properties.length;

const shapes = [...packetShapes, ...journeyShapes];

/** Runs of each property that show the shape, by the shape's name. */
const seen = new Map(shapes.map(({ name }) => [name, properties.map(() => 0)]));
const total = (name: string): number => (seen.get(name) ?? []).reduce((sum, count) => sum + count, 0);
const faults = new Map<string, number>();

beforeAll(() => {
  const engine = modelEngine(kernelFor(undefined, []));
  properties.forEach((property, column) => {
    for (let index = 0; index < RUNS_EACH; index++) {
      const run = engine.run(drawRecipe(property.recipes, SEED, property.name, index).value);
      for (const { kind, id } of run.faults) faults.set(`${kind}(${id})`, (faults.get(`${kind}(${id})`) ?? 0) + 1);
      for (const { name, isIn } of shapes) {
        const counts = seen.get(name) as number[];
        if (isIn(run)) counts[column] = (counts[column] as number) + 1;
      }
    }
  });
  const rows = shapes.map(({ name, floor }) => [
    name,
    ...(seen.get(name) as number[]).map(String),
    (((total(name) / RUNS) * 1e4) | 0).toString(),
    String(floor),
  ]);
  const heads = ["", ...properties.map(({ name }) => name.split("/")[1] as string), "of 10,000", "floor"];
  const faulted = [...faults].map(([what, times]) => `${what} ${times} times`).join(", ");
  process.stdout.write(`\n${table([heads, ...rows]).join("\n")}\nfaults in ${RUNS} runs: ${faulted || "none"}\n`);
}, 600_000);

describe(`over ${RUNS_EACH} recipes of each property`, () => {
  for (const { name, floor } of shapes) {
    test(`"${name}" is seen in ${floor} of 10,000 runs or more`, () => {
      expect((total(name) / RUNS) * 1e4).toBeGreaterThanOrEqual(floor);
    });
  }

  test("no shape has the name of another", () => {
    expect(seen.size).toBe(shapes.length);
  });
});
