/** Turns the words behind a command's name into Args. Every complaint is one sentence with the nearest name. */
import { parseArgs } from "node:util";
import { HarnessError } from "../corpus/HarnessError.js";
import type { Args, Command, Flag } from "./Command.js";
import { LATER_FLAGS } from "./later.js";
import { suggestion } from "./suggest.js";

/** Flags that every command has. */
export const COMMON_FLAGS: Readonly<Record<string, Flag>> = {
  help: { about: "say what the command does and takes" },
  version: { about: "print the version" },
};

/** @throws {HarnessError} for an unknown or repeated flag, a missing or superfluous value or positional. */
export function parseCommandLine(command: Command, words: readonly string[]): Args {
  const flags = { ...command.flags, ...COMMON_FLAGS };
  const { tokens } = parseArgs({
    args: valuesJoined(flags, words),
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: optionsOf(flags),
  });
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const name = token.name;
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined) throw unknownFlag(command, token.rawName, name, Object.keys(flags));
    if (flag.value !== undefined && !token.value) {
      throw bad(command, `${token.rawName} needs a value: expected ${token.rawName} ${flag.value}, got nothing`);
    }
    if (flag.value === undefined && token.value !== undefined) {
      throw bad(command, `${token.rawName} takes no value, got "${token.value}"`);
    }
    if (given.has(name) && !flag.repeatable && flag.value !== undefined) {
      throw bad(command, `${token.rawName} was given twice; give it once`);
    }
    given.set(name, [...(given.get(name) ?? []), token.value ?? ""]);
  }
  if (!given.has("help") && !given.has("version")) checkPositionals(command, positionals);
  return {
    positionals,
    value: (flag) => given.get(flag)?.[0],
    values: (flag) => given.get(flag) ?? [],
    has: (flag) => given.has(flag),
  };
}

/**
 * Joins a flag and its value by `=`, so that parseArgs neither takes the next flag for a value nor `-5` for a flag.
 * A lone dash, as in `--json -`, is a value; a value with two dashes in front can be given as `--why=--so`.
 */
function valuesJoined(flags: Readonly<Record<string, Flag>>, words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "--") return [...joined, ...words.slice(i)];
    const flag = word.startsWith("--") && Object.hasOwn(flags, word.slice(2)) ? flags[word.slice(2)] : undefined;
    if (flag?.value !== undefined) {
      const next = words[i + 1];
      const value = next === undefined || next.startsWith("--") ? "" : next;
      joined.push(`${word}=${value}`);
      if (value !== "" || next === "") i++;
    } else joined.push(word === "-h" ? "--help" : word);
  }
  return joined;
}

function optionsOf(
  flags: Readonly<Record<string, Flag>>,
): Record<string, { type: "string" | "boolean"; multiple: true }> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.value === undefined ? "boolean" : "string", multiple: true },
    ]),
  );
}

function checkPositionals(command: Command, positionals: readonly string[]): void {
  const { usage, min, max } = command.positionals;
  if (positionals.length < min) {
    throw bad(command, `expected ${usage}, got ${positionals.length === 0 ? "nothing" : `"${positionals.join(" ")}"`}`);
  }
  if (positionals.length > max) {
    const wanted = max === 0 ? "no argument besides flags" : `only ${usage}`;
    throw bad(command, `expected ${wanted}, got also "${positionals[max]}"`);
  }
}

function unknownFlag(command: Command, raw: string, name: string, names: readonly string[]): HarnessError {
  const later = Object.hasOwn(LATER_FLAGS, name) ? LATER_FLAGS[name] : undefined;
  if (later !== undefined && command.name === "fuzz") return new HarnessError("not-in-this-version", later);
  return bad(
    command,
    `unknown flag ${raw}${suggestion(
      raw,
      names.map((it) => `--${it}`),
    )}`,
  );
}

const bad = (command: Command, what: string): HarnessError =>
  new HarnessError("bad-flag", `${what}; see: skbcheck ${command.name} --help`);
