/** Every way in leads to every way out, with every protocol: counted over the packets that holders really left with. */
import { beforeAll, describe, expect, test } from "vitest";
import { drawRecipe } from "../../src/arbitraries/draw.js";
import { modelEngine } from "../../src/engine/model/modelEngine.js";
import { kernelFor } from "../../src/kernel/kernelFor.js";
import { schema } from "../../src/recipe/Recipe.js";
import type { Run } from "../../src/recipe/Run.js";
import { table } from "../../src/report/table.js";
import { properties } from "../index.js";
import { ARRIVALS, arrivalOf, EXITS, entrancesOf, isAggregate, layersOf, PROTOCOLS, protocolOf } from "./territory.js";

const SEED = 707;
const RUNS_EACH = 1500;

const TUNNELS = schema.tunnel.fields.kind.names;
const MIDDLE_STEPS = schema.middleStep.fields.do.names;

/** How often a row meets a column: at least so often. About a third of what was measured when the numbers were written. */
type Floors = Readonly<Record<string, readonly number[]>>;

/** By exit, in the order of EXITS. */
const ARRIVALS_AT_EXITS: Floors = {
  stack: [7284, 4373, 827, 1524, 1107, 759, 482, 330],
  tap: [834, 383, 100, 175, 68, 63, 47, 27],
  gro: [1306, 430, 252, 433, 440, 278, 225, 179],
  "tap-napi": [345, 107, 65, 109, 110, 82, 56, 31],
  "tap-frags": [316, 95, 64, 109, 111, 69, 72, 45],
};
const PROTOCOLS_AT_EXITS: Floors = {
  "udp list": [2922, 2573, 462, 532, 214, 227, 127, 199],
  "udp aggregate": [2629, 1346, 316, 448, 278, 204, 123, 169],
  "udp to fragment": [677, 560, 157, 166, 53, 44, 25, 5],
  "tcp aggregate": [978, 98, 60, 303, 265, 190, 154, 21],
  "tcp list": [683, 48, 38, 232, 157, 121, 96, 12],
  "sctp bundle": [348, 13, 2, 118, 246, 61, 42, 4],
  "udp datagram": [915, 636, 184, 256, 241, 162, 134, 174],
  "tcp segment": [776, 92, 78, 252, 252, 183, 133, 18],
  "sctp packet": [151, 19, 9, 41, 125, 57, 46, 9],
};
/** Nobody sends service headers into a VXLAN device: 0. */
const TUNNELS_AT_EXITS: Floors = {
  vxlan: [197, 17, 11, 61, 128, 41, 33, 4],
  gre: [197, 26, 14, 56, 143, 40, 34, 5],
  "gre-ip": [196, 25, 18, 55, 121, 53, 33, 5],
  ip: [403, 123, 39, 123, 268, 103, 82, 33],
  mpls: [183, 22, 10, 55, 110, 50, 27, 6],
  nsh: [173, 22, 17, 54, 114, 0, 28, 2],
};
const MIDDLE_STEPS_AT_EXITS: Floors = {
  pull: [108, 48, 11, 30, 70, 21, 20, 11],
  linearize: [80, 53, 8, 32, 70, 31, 17, 13],
  unclone: [94, 51, 10, 38, 67, 26, 22, 13],
  clone: [85, 49, 11, 31, 61, 26, 22, 13],
  "nat-source": [85, 41, 10, 28, 66, 24, 20, 9],
  "nat-destination": [88, 42, 10, 27, 61, 19, 25, 14],
  translate: [48, 31, 6, 20, 31, 15, 10, 11],
  "adjust-room": [41, 18, 3, 11, 31, 15, 10, 2],
  "adjust-room-fixed": [61, 39, 12, 19, 38, 17, 21, 11],
  "decrement-hop-limit": [82, 41, 9, 26, 54, 23, 13, 7],
  encapsulate: [70, 42, 5, 19, 45, 28, 17, 14],
  "mark-dodgy": [99, 56, 9, 36, 62, 31, 19, 12],
};
/** As several frames merged or one aggregate, as one packet alone. */
const ARRIVALS_AGGREGATED: Floors = {
  stack: [14899, 1790],
  tap: [1185, 514],
  gro: [1785, 1760],
  "tap-napi": [444, 464],
  "tap-frags": [449, 435],
};

const met = new Map<string, number>();
const meetings = (row: string, column: string): number => met.get(`${row} | ${column}`) ?? 0;

function meet(row: string | undefined, column: string): void {
  if (row !== undefined) met.set(`${row} | ${column}`, meetings(row, column) + 1);
}

function look(run: Run): void {
  const arrival = arrivalOf(run);
  const steps = run.packet.middle.flatMap((result, i) => (result === "ok" ? (run.recipe.middle[i]?.do ?? []) : []));
  for (const { exit, entered } of entrancesOf(run)) {
    const layers = layersOf(entered);
    meet(arrival, exit);
    meet(arrival, isAggregate(entered) ? "aggregate" : "alone");
    meet(protocolOf(entered, layers), exit);
    for (const tunnel of new Set(layers.flatMap(({ carries }) => carries?.kind ?? []))) meet(tunnel, exit);
    for (const step of new Set(steps)) meet(step, exit);
  }
}

function rowsOf(names: readonly string[], columns: readonly string[]): string[][] {
  const rows = names.map((name) => [name, ...columns.map((column) => String(meetings(name, column)))]);
  return [["", ...columns], ...rows];
}

interface Section {
  readonly says: (row: string) => string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly floors: Floors;
}

const sections: readonly Section[] = [
  {
    says: (row) => `what arrives by ${row} leaves by every exit`,
    rows: ARRIVALS,
    columns: EXITS,
    floors: ARRIVALS_AT_EXITS,
  },
  {
    says: (row) => `what arrives by ${row} is several packets in one, or one alone`,
    rows: ARRIVALS,
    columns: ["aggregate", "alone"],
    floors: ARRIVALS_AGGREGATED,
  },
  { says: (row) => `${row}: leaves by every exit`, rows: PROTOCOLS, columns: EXITS, floors: PROTOCOLS_AT_EXITS },
  {
    says: (row) => `what is encapsulated by ${row} leaves by every exit`,
    rows: TUNNELS,
    columns: EXITS,
    floors: TUNNELS_AT_EXITS,
  },
  {
    says: (row) => `what went through ${row} leaves by every exit`,
    rows: MIDDLE_STEPS,
    columns: EXITS,
    floors: MIDDLE_STEPS_AT_EXITS,
  },
];

beforeAll(() => {
  const engine = modelEngine(kernelFor(undefined, []));
  for (const { recipes, name } of properties) {
    for (let index = 0; index < RUNS_EACH; index++) look(engine.run(drawRecipe(recipes, SEED, name, index).value));
  }
  for (const { rows, columns } of sections) process.stdout.write(`\n${table(rowsOf(rows, columns)).join("\n")}\n`);
}, 600_000);

describe(`over ${RUNS_EACH} recipes of each property`, () => {
  for (const { says, rows, columns, floors } of sections) {
    for (const row of rows) {
      test(says(row), () => {
        const least = floors[row] ?? [];
        const seldom = columns.filter((column, i) => !(meetings(row, column) >= (least[i] ?? Number.NaN)));
        expect(seldom.map((column) => `${column}: ${meetings(row, column)} times`)).toEqual([]);
      });
    }

    test(`${says("each")}: every one has its floors`, () => {
      expect(Object.keys(floors).sort()).toEqual([...rows].sort());
      for (const least of Object.values(floors)) expect(least).toHaveLength(columns.length);
    });
  }
});
