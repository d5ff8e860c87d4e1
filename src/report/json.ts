/**
 * What `--json` writes. Its shape is a promise to scripts: docs/result.schema.json is made from the parser below, and a
 * change that would break a reader raises `version`.
 */
import { z } from "zod";
import { recipeParser } from "../recipe/Recipe.js";

export const RESULT_VERSION = 1;

const count = z.int().min(0);

const finding = z.strictObject({
  law: z.string().describe("the law's id"),
  property: z.string(),
  signature: z.string().describe("law and place: equal signatures are the same defect"),
  known: z.boolean().describe("accepted as known in the corpus"),
  runsToFind: count.describe("runs of the property until it was found; 0 for a saved entry carried out again"),
  secondsToFind: z.number().min(0),
  shrinks: count.describe("shrink steps that were accepted"),
  recipe: recipeParser.describe("as small as it got"),
  expected: z.string(),
  received: z.string(),
  entry: z.string().describe("path of the saved entry; empty when nothing was saved"),
  replay: z.string().describe("the command that shows it again"),
});

/** Parser of the whole object. */
export const resultParser = z.strictObject({
  version: z.literal(RESULT_VERSION),
  seed: count,
  kernel: z.string(),
  engine: z.string(),
  runs: count,
  seconds: z.number().min(0),
  runsPerSecond: z.number().min(0),
  properties: z.array(z.strictObject({ name: z.string(), runs: count, findings: count })),
  laws: z.array(z.strictObject({ name: z.string(), applied: count, broken: count })),
  findings: z.array(finding),
});

export type FuzzResult = z.infer<typeof resultParser>;
export type ResultFinding = FuzzResult["findings"][number];

/** The text of the JSON schema in docs/result.schema.json, ending in a newline. */
export function resultSchemaText(): string {
  const schema = z.toJSONSchema(resultParser, { target: "draft-2020-12" });
  return `${JSON.stringify({ title: "Result of skbcheck fuzz --json", ...schema }, undefined, 2)}\n`;
}

/** The result as text, ending in a newline. Times are rounded to milliseconds, rates to whole runs. */
export function formatResult(result: FuzzResult): string {
  const rounded = {
    ...result,
    seconds: milliseconds(result.seconds),
    runsPerSecond: Math.round(result.runsPerSecond),
    findings: result.findings.map((it) => ({ ...it, secondsToFind: milliseconds(it.secondsToFind) })),
  };
  return `${JSON.stringify(rounded, undefined, 2)}\n`;
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;
