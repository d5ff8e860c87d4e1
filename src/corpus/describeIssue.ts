/** What zod found wrong with data, as one sentence: where, what was expected, what came. */
import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** How much of a text is quoted. */
const QUOTED = 40;

/** `packet.members[3].users: expected a whole number from 0 to 2, got "two"`. */
export function describeIssue(issue: Issue, data: unknown): string {
  const where = issue.path.length === 0 ? "" : `${describePath(issue.path)}: `;
  if (issue.code === "unrecognized_keys") {
    return `${where}expected no field ${issue.keys.map((key) => quote(key)).join(", ")}, got one`;
  }
  return `${where}expected ${expectation(issue)}, got ${describeValue(valueAt(data, issue.path))}`;
}

/** A value in a few words, however large or deep it is. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return value.length === 1 ? "a list of 1 element" : `a list of ${value.length} elements`;
  if (typeof value === "object") return "an object";
  return String(value);
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a whole number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPE_WORDS[issue.expected] ?? `a ${issue.expected}`;
    case "invalid_value":
      return issue.values.length === 1
        ? describeValue(issue.values[0])
        : `one of ${issue.values.map((value) => describeValue(value)).join(", ")}`;
    case "too_small":
      return bound(issue.origin, `at least ${issue.minimum}`);
    case "too_big":
      return bound(issue.origin, `at most ${issue.maximum}`);
    default:
      return issue.message;
  }
}

function bound(origin: string, limit: string): string {
  if (origin === "string") return `a text of ${limit} characters`;
  if (origin === "array") return `a list of ${limit} elements`;
  return `a whole number of ${limit}`;
}

function describePath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? String(step) : `.${String(step)}`;
  }
  return text;
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function quote(text: string): string {
  return JSON.stringify(text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text);
}
