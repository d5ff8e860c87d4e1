/** Files that are no entries, through the commands that read them: one sentence, exit code 2, nothing lost. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawRecipe } from "../../src/arbitraries/draw.js";
import { Digest } from "../../src/bytes/digest.js";
import { dispatch } from "../../src/cli/dispatch.js";
import type { Io } from "../../src/cli/Io.js";
import { type CorpusEntry, ENTRY_FORMAT, formatEntry } from "../../src/corpus/entry.js";
import type { Recipe } from "../../src/recipe/Recipe.js";
import { type Deps, realDeps } from "../../src/runner/deps.js";
import { cloneIsolation } from "../flood/cloneIsolation.js";
import { properties } from "../index.js";

/** Of each way to spoil a file. */
const FILES_EACH = 10;

type Json = Record<string, unknown>;

/** A whole number below `limit` that depends on what it is for. */
const pick = (limit: number, ...forWhat: readonly (string | number)[]): number =>
  Number.parseInt(new Digest().value(forWhat).hex().slice(0, 8), 16) % limit;

function entryNumber(i: number): CorpusEntry {
  return {
    format: ENTRY_FORMAT,
    title: "a saved case",
    why: "",
    property: cloneIsolation.name,
    kernel: "mainline",
    bugs: [],
    law: "payload-preserved",
    place: "payload",
    signature: "payload-preserved@payload",
    seed: i,
    index: 0,
    runsToFind: 1,
    foundBy: "skbcheck 0.0.0",
    expected: "whole",
    received: "broken",
    recipe: drawRecipe(cloneIsolation.recipes, 5, "malformed", i).value,
  };
}

/** Every object within the data, itself included. */
function objectsIn(value: unknown): Json[] {
  if (typeof value !== "object" || value === null) return [];
  const below = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? below : [value as Json, ...below];
}

/** The recipe's text after a change of one object somewhere in it. */
function bent(i: number, kind: string, change: (object: Json, key: string) => void): string {
  const entry = structuredClone(entryNumber(i)) as unknown as Json;
  const objects = objectsIn(entry["recipe"] as Recipe);
  const object = objects[pick(objects.length, kind, i)] as Json;
  const keys = Object.keys(object);
  change(object, keys[pick(keys.length, kind, "key", i)] as string);
  return JSON.stringify(entry);
}

const whole = (i: number): string => formatEntry(entryNumber(i));
const HOSTILE = [null, true, -1, 1.5, 1e300, "", "x", "\u0000", [], {}, [[]], { length: 3 }, "__proto__", 2 ** 53];

/** Ways to make a file that is no entry, by what is wrong with it. */
const spoilers: Readonly<Record<string, (i: number) => string | Uint8Array>> = {
  "is empty or blank": (i) => " \n\t".repeat(i),
  "ends too early": (i) => whole(i).slice(0, 1 + pick(whole(i).length - 3, "cut", i)),
  "lacks its beginning": (i) => whole(i).slice(1 + pick(200, "behead", i)),
  "goes on after its end": (i) => `${whole(i)}${["}", "x", "0", whole(i), "\u0000"][i % 5]}`,
  "is not UTF-8": (i) => {
    const bytes = Buffer.from(whole(i));
    bytes[pick(bytes.length, "byte", i)] = 0xf8 + (i % 8);
    return bytes;
  },
  "has a byte that JSON does not allow": (i) => {
    const text = whole(i);
    const at = text.indexOf(":", pick(text.length - 200, "colon", i));
    return `${text.slice(0, at)}${["=", "::", "\u0001", ";"][i % 4]}${text.slice(at + 1)}`;
  },
  "is other data": (i) =>
    JSON.stringify([null, 0, true, "entry", [], {}, [entryNumber(i)], { recipe: 1 }, -0.5, "{}"][i]),
  "is nested without end": (i) => "[".repeat(1000 * (i + 1)) + (i % 2 === 0 ? "" : "]".repeat(1000 * (i + 1))),
  "is random bytes": (i) => Uint8Array.from({ length: 1 + pick(3000, "length", i) }, (_, at) => pick(256, i, at)),
  "has the format of another version": (i) =>
    JSON.stringify({ ...entryNumber(i), format: [0, ENTRY_FORMAT + 1, 1.5, -1, "1"][i % 5] }),
  "lacks a field of the entry": (i) => {
    const entry = { ...entryNumber(i) } as unknown as Json;
    const keys = Object.keys(entry);
    delete entry[keys[pick(keys.length, "lack", i)] as string];
    return JSON.stringify(entry);
  },
  "has a field too many": (i) =>
    JSON.stringify({ ...entryNumber(i), [["extra", "Law", "toString", ""][i % 4] as string]: 1 }),
  "has a field of the wrong type": (i) => {
    const keys = ["title", "property", "kernel", "bugs", "law", "seed", "index", "runsToFind", "recipe"];
    return JSON.stringify({ ...entryNumber(i), [keys[i % keys.length] as string]: { not: "this" } });
  },
  "has a signature of another law": (i) => JSON.stringify({ ...entryNumber(i), signature: `other-law@${i}` }),
  "is known without a reason": (i) => JSON.stringify({ ...entryNumber(i), known: true, why: " ".repeat(i) }),
  "lacks a field within the recipe": (i) => bent(i, "lack", (object, key) => delete object[key]),
  "misspells a field within the recipe": (i) =>
    bent(i, "spell", (object, key) => {
      object[`${key}s`] = object[key];
      delete object[key];
    }),
  "has a foreign value within the recipe": (i) =>
    bent(i, "value", (object, key) => {
      object[key] = { hostile: HOSTILE[i % HOSTILE.length] };
    }),
  "has a number out of range": (i) =>
    bent(i, "range", (object) => {
      const key = Object.keys(object).find((one) => typeof object[one] === "number");
      object[key ?? "number"] = [1e9, -1e9, 0.5, Number.MAX_SAFE_INTEGER, 2 ** 31][i % 5];
    }),
  "names no holder": (i) => JSON.stringify({ ...entryNumber(i), recipe: { ...entryNumber(i).recipe, holders: [] } }),
};

let folder: string;
let deps: Deps;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "skbcheck-malformed-"));
  mkdirSync(join(folder, "corpus", "findings"), { recursive: true });
  deps = { ...realDeps(), loadProperties: async () => properties };
});
afterAll(() => rmSync(folder, { recursive: true }));

async function skbcheck(...words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const io: Io = {
    cwd: folder,
    stdout: { write: (text) => void (out += text), isTTY: false, columns: 80 },
    stderr: { write: (text) => void (err += text), isTTY: false, columns: 80 },
    env: {},
    now: () => 0,
    freshSeed: () => 1,
    onInterrupt: () => () => {},
  };
  const code = await dispatch(words, io, () => deps);
  return { code, out, err };
}

const FILE = join("corpus", "findings", "spoilt.json");
const COMMANDS = [
  ["replay", FILE],
  ["replay", "spoilt", "--shrink"],
  ["show", FILE],
  ["corpus", "list"],
  ["corpus", "check"],
  ["corpus", "accept", FILE, "--why", "it is so"],
  ["fuzz", "--runs", "1", "--no-save"],
  ["fuzz", "--runs", "1", "--property", "flood/clone-isolation"],
];

describe("a file in the corpus that", () => {
  for (const [what, spoil] of Object.entries(spoilers)) {
    test(`${what} is refused in one sentence and left as it is`, async () => {
      for (let i = 0; i < FILES_EACH; i++) {
        const content = Buffer.from(spoil(i));
        writeFileSync(join(folder, FILE), content);
        const words = COMMANDS[pick(COMMANDS.length, what, i)] as string[];
        const { code, err } = await skbcheck(...words);
        const context = `skbcheck ${words.join(" ")}, file ${i}: ${err}`;
        expect(code, context).toBe(2);
        expect(err, context).toMatch(/^skbcheck: [^\n]+\n$/);
        expect(err, context).toContain("spoilt.json");
        expect(err, context).toMatch(/expected|this version reads/);
        expect(err, context).not.toMatch(/defect of skbcheck|\bat .*:\d+:\d+|undefined|\[object/);
        expect(readFileSync(join(folder, FILE)).equals(content), context).toBe(true);
      }
    });
  }

  test("is tried in two hundred ways or more", () => {
    expect(Object.keys(spoilers).length * FILES_EACH).toBeGreaterThanOrEqual(200);
  });

  test("is whole is carried out", async () => {
    writeFileSync(join(folder, FILE), whole(0));
    const { code, out, err } = await skbcheck("replay", FILE);
    expect(err).toBe("");
    expect(out).toContain("digest");
    expect(code).not.toBe(2);
  });
});

describe("a file of recorded cases that", () => {
  const RECORDS = [
    "",
    "{",
    "[1]",
    "null",
    "{}",
    '{"id":"x"}',
    '{"id":1,"topology":[]}',
    "\u0000",
    '"x"',
    "[".repeat(9999),
  ];

  for (const [i, text] of RECORDS.entries()) {
    test(`reads ${JSON.stringify(text.slice(0, 20))} is refused in one sentence`, async () => {
      writeFileSync(join(folder, "cases.jsonl"), text);
      const { code, err } = await skbcheck("vectors", "cases.jsonl");
      expect(code, `record ${i}`).toBe(2);
      expect(err).toMatch(/^skbcheck: [^\n]+\n$/);
      expect(err).not.toMatch(/defect of skbcheck|\bat .*:\d+:\d+/);
    });
  }
});
