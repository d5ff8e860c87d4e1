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
  stack: [9541, 5867, 1095, 2032, 1461, 1174, 649, 442],
  tap: [1118, 525, 141, 235, 88, 95, 66, 36],
  gro: [1739, 579, 332, 579, 577, 379, 299, 235],
  "tap-napi": [460, 137, 91, 135, 147, 98, 70, 42],
  "tap-frags": [418, 127, 83, 144, 148, 101, 94, 51],
};
const PROTOCOLS_AT_EXITS: Floors = {
  "udp list": [3900, 3473, 603, 710, 285, 341, 182, 282],
  "udp aggregate": [3433, 1813, 437, 593, 394, 301, 184, 238],
  "udp to fragment": [880, 753, 205, 222, 69, 65, 34, 7],
  "tcp aggregate": [1368, 137, 79, 433, 379, 331, 228, 30],
  "tcp list": [1027, 69, 56, 344, 227, 214, 136, 16],
  "sctp bundle": [541, 20, 5, 176, 371, 115, 61, 6],
  "udp datagram": [1209, 831, 249, 353, 296, 222, 158, 197],
  "tcp segment": [793, 112, 94, 255, 276, 183, 137, 18],
  "sctp packet": [118, 21, 11, 36, 121, 73, 54, 8],
};
/** Nobody sends service headers into a VXLAN device: 0. */
const TUNNELS_AT_EXITS: Floors = {
  vxlan: [252, 23, 15, 78, 164, 60, 39, 4],
  gre: [260, 36, 24, 78, 178, 61, 45, 7],
  "gre-ip": [255, 32, 23, 79, 170, 74, 46, 6],
  ip: [506, 164, 54, 159, 336, 135, 97, 43],
  mpls: [226, 27, 13, 72, 147, 69, 39, 6],
  nsh: [233, 30, 21, 79, 150, 0, 39, 3],
};
const MIDDLE_STEPS_AT_EXITS: Floors = {
  pull: [132, 64, 14, 41, 91, 34, 28, 15],
  linearize: [108, 72, 13, 37, 89, 43, 26, 20],
  unclone: [122, 70, 14, 45, 88, 36, 32, 19],
  clone: [116, 70, 13, 40, 76, 35, 28, 18],
  "nat-source": [112, 61, 15, 40, 88, 28, 27, 14],
  "nat-destination": [114, 58, 13, 37, 80, 23, 31, 18],
  translate: [68, 38, 7, 24, 44, 20, 14, 11],
  "adjust-room": [52, 27, 5, 15, 35, 21, 12, 4],
  "adjust-room-fixed": [75, 50, 16, 24, 48, 22, 23, 15],
  "decrement-hop-limit": [102, 60, 10, 34, 67, 35, 16, 11],
  encapsulate: [81, 56, 10, 24, 57, 31, 22, 18],
  "mark-dodgy": [122, 69, 12, 49, 80, 39, 24, 18],
};
/** As several frames merged or one aggregate, as one packet alone. */
const ARRIVALS_AGGREGATED: Floors = {
  stack: [20458, 1805],
  tap: [1625, 679],
  gro: [2475, 2246],
  "tap-napi": [619, 564],
  "tap-frags": [615, 554],
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
