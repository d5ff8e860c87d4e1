/**
 * What a case of each property costs beside one of the default property: the model's share and the whole, for a case and
 * for a KiB of payload, and how the model's share grows with members, holders and payload. Ratios are of one run: the
 * properties take turns, block by block, so that a machine that slows down slows all of them.
 *
 * `npm run bench:properties`, or `node dist/bench/properties.js [recipes per block] [blocks] [part of a name]`.
 */
import { cloneIsolation } from "../properties/flood/cloneIsolation.js";
import { properties } from "../properties/index.js";
import { drawRecipe } from "../src/arbitraries/draw.js";
import { MAX_HOLDERS, type Recipe } from "../src/recipe/Recipe.js";
import type { Run } from "../src/recipe/Run.js";
import { table } from "../src/report/table.js";
import { checkLaws } from "../src/runner/checkRun.js";
import type { Property } from "../src/runner/property.js";
import { parseLayers } from "../src/wire/frameLayers.js";
import { checkAll, costOf, engine, print, runAll, SEED, timed } from "./measure.js";

/** How many times the cost of the default property a property may cost for a KiB. */
const MOST_RATIO = 2;
const KIB = 1024;
const FACTOR = 4;

const recipesPerBlock = Number(process.argv[2] ?? 300);
const blocks = Number(process.argv[3] ?? 5);
const part = process.argv[4] ?? "";
const core = cloneIsolation;
const measured = properties.filter(({ name }) => name === core.name || name.includes(part));

/** One property, with what its blocks took so far in microseconds a case. */
interface Subject {
  readonly property: Property;
  readonly recipes: readonly Recipe[];
  readonly runs: readonly Run[];
  readonly samples: Readonly<Record<"generate" | "run" | "check" | "whole", number[]>>;
}

function subjectOf(property: Property): Subject {
  const recipes = drawn(property, recipesPerBlock);
  const runs = recipes.map((recipe) => engine.run(recipe));
  return { property, recipes, runs, samples: { generate: [], run: [], check: [], whole: [] } };
}

const drawn = ({ name, recipes }: Property, count: number): Recipe[] =>
  Array.from({ length: count }, (_, i) => drawRecipe(recipes, SEED, name, i).value);

/** One block of one property; the first block of all warms the compiler up. */
function measure({ property, recipes, runs, samples }: Subject, isWarmUp: boolean): void {
  const { name, laws } = property;
  const count = recipes.length;
  const costs = {
    generate: timed(count, () => void drawn(property, count)),
    run: timed(count, () => runAll(recipes)),
    check: timed(count, () => checkAll(runs, laws)),
    whole: timed(count, () => {
      for (let i = 0; i < count; i++) checkLaws(drawRecipe(property.recipes, SEED, name, i).value, engine, laws);
    }),
  };
  if (isWarmUp) return;
  for (const share of ["generate", "run", "check", "whole"] as const) samples[share].push(costs[share]);
}

/** Payload bytes that came in, of all frames of a batch. */
function payloadOf({ packet }: Run): number {
  if (packet.gro === undefined) return packet.datagrams.reduce((sum, { length }) => sum + length, 0);
  return packet.gro.frames.reduce(
    (sum, { bytes }) => sum + bytes.length - (parseLayers(bytes).at(-1)?.payloadOffset ?? 0),
    0,
  );
}

const mean = (runs: readonly Run[], of: (run: Run) => number): number =>
  runs.reduce((sum, run) => sum + of(run), 0) / runs.length;

function printCosts(subjects: readonly Subject[]): void {
  const reference = subjects.find(({ property }) => property.name === core.name) as Subject;
  const perKib = ({ samples, runs }: Subject, share: "run" | "whole") =>
    (costOf(samples[share]).least * KIB) / mean(runs, payloadOf);
  const ratio = (subject: Subject, share: "run" | "whole") => perKib(subject, share) / perKib(reference, share);
  const rows = subjects.map((subject) => {
    const { property, runs, samples } = subject;
    const us = (share: keyof Subject["samples"]) => costOf(samples[share]).least.toFixed(0);
    return [
      property.name,
      us("generate"),
      us("run"),
      us("check"),
      us("whole"),
      mean(runs, payloadOf).toFixed(0),
      mean(runs, ({ holders }) => holders.length).toFixed(1),
      perKib(subject, "run").toFixed(1),
      ratio(subject, "run").toFixed(2),
      perKib(subject, "whole").toFixed(1),
      ratio(subject, "whole").toFixed(2),
    ];
  });
  const heads = [
    "",
    "generate",
    "run",
    "check",
    "whole",
    "payload",
    "holders",
    "run/KiB",
    "ratio",
    "whole/KiB",
    "ratio",
  ];
  const slow = subjects.filter((subject) => Math.max(ratio(subject, "run"), ratio(subject, "whole")) > MOST_RATIO);
  print([
    `us a case, least of ${blocks} blocks of ${recipesPerBlock} recipes, seed ${SEED}; ratios to ${core.name}`,
    ...table([heads, ...rows], "  "),
    slow.length === 0
      ? `  no property costs more than ${MOST_RATIO} times as much for a KiB`
      : `  more than ${MOST_RATIO} times as much for a KiB: ${slow.map(({ property }) => property.name).join(", ")}`,
  ]);
}

/** A recipe with more of something, each made of what was drawn: every recipe builds. */
const STRETCHED: Readonly<Record<string, (recipe: Recipe, n: number) => Recipe>> = {
  members: (recipe, n) => {
    const { members } = recipe.packet;
    return { ...recipe, packet: { ...recipe.packet, members: cycled(members, n * FACTOR) } };
  },
  holders: (recipe, n) => ({ ...recipe, holders: cycled(recipe.holders, Math.min(MAX_HOLDERS, n)) }),
  payload: (recipe, n) => {
    const times = <T extends { readonly payload: number; readonly paged: number }>(piece: T): T => ({
      ...piece,
      payload: Math.min(70_000, piece.payload * n),
      paged: Math.min(70_000, piece.paged * n),
    });
    const { packet } = recipe;
    const gsoSize = Math.min(0xfffe, packet.gsoSize * n);
    return { ...recipe, packet: { ...packet, gsoSize, head: times(packet.head), members: packet.members.map(times) } };
  },
};

const cycled = <T>(list: readonly T[], n: number): readonly T[] =>
  list.length === 0 ? list : Array.from({ length: n }, (_, i) => list[i % list.length] as T);

/** How many times as much a case of the model costs with four times as much of something. */
function printGrowth(subjects: readonly Subject[]): void {
  const count = Math.ceil(recipesPerBlock / 3);
  const rows = subjects.map(({ property, recipes }) => {
    const few = recipes.slice(0, count).map((recipe) => ({ ...recipe, switches: [], failures: [] }));
    const cells = Object.values(STRETCHED).map((stretch) => {
      const [small, large] = [1, FACTOR].map((n) => few.map((recipe) => stretch(recipe, n)));
      const samples: number[][] = [[], []];
      for (let block = 0; block <= blocks; block++) {
        [small, large].forEach((some, i) => {
          const cost = timed(count, () => runAll(some as readonly Recipe[]));
          if (block > 0) samples[i]?.push(cost);
        });
      }
      const [before, after] = samples.map((some) => costOf(some).least) as [number, number];
      return [before.toFixed(0), after.toFixed(0), (after / before).toFixed(1)];
    });
    return [property.name, ...cells.flat()];
  });
  const heads = Object.keys(STRETCHED).flatMap((name) => [name, `x${FACTOR}`, "times"]);
  print([
    `us a run, with ${FACTOR} times as many members, holders, payload bytes`,
    ...table([["", ...heads], ...rows], "  "),
  ]);
}

const subjects = measured.map(subjectOf);
for (let block = 0; block <= blocks; block++) for (const subject of subjects) measure(subject, block === 0);
printCosts(subjects);
printGrowth(subjects);
