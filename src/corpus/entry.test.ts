import { describe, expect, test } from "vitest";
import { schema } from "../recipe/Recipe.js";
import { leastOf } from "../recipe/schema.js";
import { type CorpusEntry, formatEntry, parseEntry } from "./entry.js";
import { HarnessError } from "./HarnessError.js";
import { sampleEntry } from "./testing/sampleEntry.js";

const member = leastOf(schema.member);
const least = leastOf(schema.packets);
const rich: CorpusEntry = {
  ...sampleEntry(),
  bugs: ["mss-overflow"],
  known: true,
  why: "The kernel does so too — see RFC 768.",
  recipe: { ...least, packet: { ...least.packet, members: [member, member] }, turns: [0, 1] },
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parseText = (text: string): CorpusEntry => parseEntry(bytes(text), "findings/x.json");

/** The HarnessError that reading ends in; fails the test when it ends in anything else. */
function refusal(content: string | Uint8Array): HarnessError {
  try {
    parseEntry(typeof content === "string" ? bytes(content) : content, "findings/x.json");
  } catch (error) {
    if (error instanceof HarnessError) return error;
    throw error;
  }
  throw new Error("the entry was read");
}

/** The text of the rich entry with one field replaced; `undefined` takes the field away. */
function withField(path: readonly (string | number)[], value: unknown): string {
  const data = JSON.parse(formatEntry(rich));
  let target = data;
  for (const step of path.slice(0, -1)) target = target[step];
  target[path.at(-1) as string] = value;
  return JSON.stringify(data);
}

describe("a well-formed entry", () => {
  test("is read as it was written", () => {
    expect(parseText(formatEntry(rich))).toEqual(rich);
    expect(parseText(formatEntry(sampleEntry()))).toEqual(sampleEntry());
  });

  test("is written the same whatever the order of its fields", () => {
    const shuffled = Object.fromEntries(Object.entries(rich).reverse()) as unknown as CorpusEntry;
    expect(formatEntry(shuffled)).toBe(formatEntry(rich));
    expect(formatEntry(rich).endsWith("}\n")).toBe(true);
  });

  test("may have a byte order mark and blank lines around it", () => {
    expect(parseText(`\uFEFF\n\n${formatEntry(rich)}\n`)).toEqual(rich);
  });
});

describe("a file that is no entry", () => {
  test.each([
    ["", "entry-empty", "expected a corpus entry, got an empty file"],
    [" \n\t\n", "entry-empty", "expected a corpus entry, got an empty file"],
    ["[]", "entry-malformed", "expected an object with a recipe, got a list of 0 elements"],
    ["[1]", "entry-malformed", "expected an object with a recipe, got a list of 1 element"],
    ["null", "entry-malformed", "expected an object with a recipe, got null"],
    ['"entry"', "entry-malformed", 'expected an object with a recipe, got "entry"'],
    ["{}", "entry-malformed", "format: expected 2, got nothing"],
    ["hello", "entry-not-json", 'expected JSON, got "h" at line 1, column 1'],
    ['{\n  "format": 1,\n  oops\n}', "entry-not-json", 'expected JSON, got "o" at line 3, column 3'],
    ['{"format": tru}', "entry-not-json", 'expected JSON, got "}" at line 1, column 15'],
    ['{"format": 1} extra', "entry-not-json", 'expected JSON, got "e" at line 1, column 15'],
    ['{"a": "b\nc"}', "entry-not-json", 'expected JSON, got "\\n" at line 1, column 9'],
    ['{"a": [1, 2', "entry-not-json", "expected JSON, but the file ends too early, at line 1, column 12"],
    ['{"format": 1,}', "entry-not-json", 'expected JSON, got "}" at line 1, column 14'],
  ])("%j is refused in one sentence", (text, code, message) => {
    expect(refusal(text)).toMatchObject({ code, message: `findings/x.json: ${message}` });
  });

  test("that is not UTF-8 is refused", () => {
    expect(refusal(Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d)).code).toBe("entry-not-utf8");
    expect(refusal(Uint8Array.of(0, 1, 2, 3)).code).toBe("entry-not-json");
  });

  test("of format 1 is read, and the fields that its recipe lacks get their least values", () => {
    const data = JSON.parse(formatEntry(rich)) as {
      format: number;
      recipe: { middle?: unknown; packet: { tcp?: unknown } };
    };
    data.format = 1;
    delete data.recipe.middle;
    delete data.recipe.packet.tcp;
    const read = parseText(JSON.stringify(data));
    expect(read.format).toBe(2);
    expect(read.recipe.middle).toEqual([]);
    expect(read.recipe.packet.tcp).toEqual(leastOf(schema.packet).tcp);
    expect(read.recipe.holders).toEqual(rich.recipe.holders);
  });

  test("of format 1 with a field that was never declared is refused", () => {
    const data = { ...JSON.parse(formatEntry(rich)), format: 1, recipe: { kind: "packets", wings: 2 } };
    expect(refusal(JSON.stringify(data)).code).toBe("entry-malformed");
  });

  test.each([3, 0, -1, 99, 1.5, 1e300])("in format %d is refused with both versions", (format) => {
    const error = refusal(withField(["format"], format));
    expect(error.code).toBe("entry-wrong-format");
    expect(error.message).toBe(`findings/x.json: format ${format}, this version reads formats 1 and 2`);
  });

  test("that is nested a hundred thousand deep is refused without a stack overflow", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(refusal(deep).code).toBe("entry-malformed");
    expect(refusal(formatEntry(rich).replace('"recipe": {', `"deep": ${deep}, "recipe": {`)).code).toBe(
      "entry-malformed",
    );
    expect(refusal(formatEntry(rich).replace('"turns": [', `"turns": [${deep}, `)).code).toBe("entry-malformed");
    expect(refusal("[".repeat(100_000)).code).toBe("entry-not-json");
  });

  test("that is very large is refused before it is read", () => {
    expect(refusal(new Uint8Array(9 * 1024 * 1024)).code).toBe("entry-too-large");
  });
});

describe("a wrong field", () => {
  test.each([
    [["recipe", "packet", "gsoSize"], "big", 'recipe.packet.gsoSize: expected a whole number, got "big"'],
    [
      ["recipe", "packet", "gsoSize"],
      65536,
      "recipe.packet.gsoSize: expected a whole number of at most 65535, got 65536",
    ],
    [
      ["recipe", "packet", "members", 1, "users"],
      -1,
      "recipe.packet.members[1].users: expected a whole number of at least 0, got -1",
    ],
    [
      ["recipe", "packet", "gso"],
      "esp",
      'recipe.packet.gso: expected one of "fraglist", "udp-l4", "ufo", "none", "tcp", "tcp-fraglist", "sctp", got "esp"',
    ],
    [["recipe", "packet", "dodgy"], 1, "recipe.packet.dodgy: expected true or false, got 1"],
    [["recipe", "holders"], [], "recipe.holders: expected a list of at least 1 elements, got a list of 0 elements"],
    [["recipe", "holders"], undefined, "recipe.holders: expected a list, got nothing"],
    [["recipe", "colour"], "red", 'recipe: expected no field "colour", got one'],
    [["law"], "", 'law: expected a text of at least 1 characters, got ""'],
    [["bugs"], "none", 'bugs: expected a list, got "none"'],
    [["seed"], 0.5, "seed: expected a whole number, got 0.5"],
    [["known"], "yes", 'known: expected true or false, got "yes"'],
    [["why"], " ", 'why: expected a reason, because the entry is marked as known, got " "'],
    [["signature"], "other@x", `signature: expected a text that begins with the law's name and an @, got "other@x"`],
    [["title"], null, "title: expected a text, got null"],
  ])("at %j: %j", (path, value, message) => {
    expect(refusal(withField(path as string[], value))).toMatchObject({
      code: "entry-malformed",
      message: `findings/x.json: ${message}`,
    });
  });
});

describe("every malformed variant", () => {
  const text = formatEntry(rich);
  const cuts = Array.from({ length: 60 }, (_, at) => text.slice(0, Math.floor((at * text.trimEnd().length) / 60)));

  /** Every path in the entry, to the last field of the last list element. */
  function pathsOf(value: unknown): (string | number)[][] {
    if (typeof value !== "object" || value === null) return [[]];
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    return [
      ...entries.map(([key]) => [key]),
      ...entries.flatMap(([key, inner]) => pathsOf(inner).map((path) => [key, ...path])),
    ];
  }
  const paths = [
    ...new Map(
      pathsOf(JSON.parse(text))
        .filter((it) => it.length > 0)
        .map((it) => [it.join("."), it]),
    ).values(),
  ];

  /** Of each field: nothing that its type allows. */
  const STRANGE: readonly unknown[] = [null, { a: 1 }, [[]], 1e308, "\n\u2028☃".repeat(50)];
  const FREE_TEXT = new Set("title why property kernel place foundBy expected received bugs".split(" "));
  const swapped = paths.flatMap((path) => STRANGE.map((value) => ({ path, value })));

  function expectOneLine(error: HarnessError): void {
    expect(error.code).toMatch(/^entry-[a-z0-9-]+$/);
    expect(error.message).toMatch(/^findings\/x\.json: \S/);
    expect(error.message).not.toMatch(/[\n\r\u2028\u2029]| {4}at /);
    expect(error.message.length).toBeLessThan(400);
  }

  test("cut short ends in one line that says where", () => {
    expect(cuts).toHaveLength(60);
    for (const cut of cuts) {
      const error = refusal(cut);
      expectOneLine(error);
      expect(["entry-not-json", "entry-empty"]).toContain(error.code);
    }
  });

  test("with a field of another type ends in one line that names the field", () => {
    expect(swapped.length).toBeGreaterThan(200);
    for (const { path, value } of swapped) {
      if (typeof value === "string" && FREE_TEXT.has(String(path[0]))) continue;
      const error = refusal(withField(path, value));
      expectOneLine(error);
      if (path[0] !== "format") expect(error.message).toContain(String(path[0]));
    }
  });

  test("with a field missing or a field too many ends in one line that names it", () => {
    for (const path of paths) {
      if (typeof path.at(-1) === "number" || path[0] === "known") continue;
      const error = refusal(withField(path, undefined));
      expectOneLine(error);
      expect(error.message).toContain("got nothing");
      expectOneLine(refusal(withField([...path.slice(0, -1), `${path.at(-1)}X`], 0)));
    }
  });

  test("with a number that no double can hold ends in one line", () => {
    const numbers = text.match(/: -?\d+(?=[,\n])/g) ?? [];
    expect(numbers.length).toBeGreaterThan(20);
    for (let at = 0; at < numbers.length; at++) {
      let count = 0;
      const huge = text.replace(/: -?\d+(?=[,\n])/g, (found) => (count++ === at ? ": 1e999" : found));
      expectOneLine(refusal(huge));
    }
  });
});
