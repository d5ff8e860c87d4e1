/**
 * The format of a saved case. An entry keeps the recipe itself and not only its seed: a seed means something else as soon
 * as a generator changes, a recipe does not.
 */
import { z } from "zod";
import { completeRecipe, type Recipe, recipeParser } from "../recipe/Recipe.js";
import { describeIssue, describeValue } from "./describeIssue.js";
import { HarnessError } from "./HarnessError.js";

/** The version of the format that this code writes. */
export const ENTRY_FORMAT = 2;

/** Older versions that are read too: their recipes lack fields that were declared later. */
const OLDER_FORMATS: readonly unknown[] = [1];

/** The largest recipe that the declarations allow prints to a few hundred kilobytes. */
const MAX_ENTRY_BYTES = 8 * 1024 * 1024;

export interface CorpusEntry {
  readonly format: typeof ENTRY_FORMAT;
  /** One line for lists. */
  readonly title: string;
  /** What a person has understood about it; may be empty unless `known`. */
  readonly why: string;
  readonly property: string;
  readonly kernel: string;
  /** Ids of historical bugs that were switched on. */
  readonly bugs: readonly string[];
  readonly law: string;
  readonly place: string;
  /** `law@place` without numbers from the run. */
  readonly signature: string;
  readonly seed: number;
  /** The recipe's number within its seed, before it was shrunk. */
  readonly index: number;
  readonly runsToFind: number;
  /** The version of this package that found it. */
  readonly foundBy: string;
  /** A person accepted it, and `why` says for what reason. */
  readonly known?: boolean | undefined;
  readonly expected: string;
  readonly received: string;
  readonly recipe: Recipe;
}

const name = z.string().min(1);

const entryParser = z
  .strictObject({
    format: z.literal(ENTRY_FORMAT),
    title: z.string(),
    why: z.string(),
    property: name,
    kernel: name,
    bugs: z.array(name),
    law: name,
    place: name,
    signature: name,
    seed: z.int(),
    index: z.int().min(0),
    runsToFind: z.int().min(0),
    foundBy: z.string(),
    known: z.boolean().optional(),
    expected: z.string(),
    received: z.string(),
    recipe: recipeParser,
  })
  .refine((entry) => entry.known !== true || entry.why.trim() !== "", {
    path: ["why"],
    message: "a reason, because the entry is marked as known",
  })
  .refine((entry) => entry.signature.startsWith(`${entry.law}@`), {
    path: ["signature"],
    message: "a text that begins with the law's name and an @",
  });

/**
 * Reads the bytes of an entry. `file` is named in errors.
 *
 * Throws a HarnessError: `entry-empty`, `entry-too-large`, `entry-not-utf8`, `entry-not-json`, `entry-wrong-format` or
 * `entry-malformed`.
 */
export function parseEntry(bytes: Uint8Array, file: string): CorpusEntry {
  const data = parseJson(textOf(bytes, file), file);
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw new HarnessError("entry-malformed", `${file}: expected an object with a recipe, got ${describeValue(data)}`);
  }
  const current = ofCurrentFormat(data as Record<string, unknown>);
  const { format } = current;
  if (typeof format === "number" && format !== ENTRY_FORMAT) {
    throw new HarnessError(
      "entry-wrong-format",
      `${file}: format ${format}, this version reads formats ${OLDER_FORMATS.join(", ")} and ${ENTRY_FORMAT}`,
    );
  }
  const parsed = entryParser.safeParse(current);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const what = issue === undefined ? "not a corpus entry" : describeIssue(issue, current);
  throw new HarnessError("entry-malformed", `${file}: ${what}`);
}

/** An entry of an older format as it would be written today; any other as it is. */
function ofCurrentFormat(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!OLDER_FORMATS.includes(data["format"])) return data;
  return { ...data, format: ENTRY_FORMAT, recipe: completeRecipe(data["recipe"]) };
}

/** The text of an entry's file: indented, fields in one fixed order, so that two versions compare line by line. */
export function formatEntry(entry: CorpusEntry): string {
  const { known, expected, received, recipe, ...before } = entry;
  const { format, title, why, property, kernel, bugs, law, place, signature, seed, index, runsToFind, foundBy } =
    before;
  const found = { format, title, why, property, kernel, bugs, law, place, signature, seed, index, runsToFind, foundBy };
  const ordered = { ...found, ...(known === undefined ? {} : { known }), expected, received, recipe };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}

function textOf(bytes: Uint8Array, file: string): string {
  if (bytes.length > MAX_ENTRY_BYTES) {
    const size = `${bytes.length} bytes`;
    throw new HarnessError("entry-too-large", `${file}: expected at most ${MAX_ENTRY_BYTES} bytes, got ${size}`);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HarnessError("entry-not-utf8", `${file}: expected UTF-8 text, got other bytes`, { cause });
  }
  if (text.trim() === "") throw new HarnessError("entry-empty", `${file}: expected a corpus entry, got an empty file`);
  return text;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HarnessError("entry-not-json", `${file}: expected JSON, ${whereJsonEnds(text, cause)}`, { cause });
  }
}

/** Where the text stops being JSON: too early, or at a character that cannot stand there. */
function whereJsonEnds(text: string, error: unknown): string {
  const position = positionOf(text, error);
  const before = text.slice(0, position).split("\n");
  const where = `at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
  if (position >= text.length) return `but the file ends too early, ${where}`;
  return `got ${JSON.stringify(String.fromCodePoint(text.codePointAt(position) ?? 0))} ${where}`;
}

/**
 * V8 names the position in some of its messages and only quotes the text in others. Then it is found by bisection: what
 * is merely cut off fails at its end, or not at all.
 */
function positionOf(text: string, error: unknown): number {
  const named = namedPosition(error);
  if (named !== undefined) return named;
  if (endsEarly(text)) return text.length;
  let good = 0;
  let bad = text.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (endsEarly(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return bad - 1;
}

/** Whether the text could go on to become JSON. */
function endsEarly(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const position = namedPosition(error);
    if (position !== undefined) return position >= text.length;
    return error instanceof SyntaxError && error.message.includes("end of JSON input");
  }
}

function namedPosition(error: unknown): number | undefined {
  const position = /at position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
  return position === undefined ? undefined : Number(position);
}
