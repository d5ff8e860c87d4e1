/** The flags of `skbcheck fuzz`, and what they come to. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { HarnessError } from "../corpus/HarnessError.js";
import type { Deps, KernelChoice } from "../runner/deps.js";
import type { Property } from "../runner/property.js";
import type { Args, Flag } from "./Command.js";
import type { Io } from "./Io.js";
import { refuseEngine } from "./later.js";
import { CORPUS_FLAG, corpusDir, shellWord } from "./places.js";
import { chooseKernel, chooseProperties, KERNEL_FLAGS, PROPERTIES_FLAG } from "./selection.js";
import { parseCount, parseDuration, parseRuns, parseSeed, parseShard } from "./values.js";

const DEFAULT_SECONDS = 60;

export const FUZZ_FLAGS: Readonly<Record<string, Flag>> = {
  property: { value: "GLOB", repeatable: true, about: "only the properties that match, such as flood/*" },
  ...KERNEL_FLAGS,
  time: { value: "DURATION", about: "how long altogether, such as 60s, 5m, 1h; 60s unless --runs is given" },
  runs: { value: "N", about: "how many runs of each property" },
  seed: { value: "N", about: "draw the same recipes again; a fresh seed unless given" },
  shard: { value: "I/N", about: "only the I-th of N parts of the runs" },
  "fail-fast": { about: "stop at the first new finding" },
  "no-save": { about: "save no finding" },
  corpus: CORPUS_FLAG,
  properties: PROPERTIES_FLAG,
  json: { value: "FILE", about: "write the result as JSON; - is stdout, which then holds nothing else" },
  workers: { value: "N", about: "1 in this version" },
  engine: { value: "NAME", about: "model in this version" },
};

export interface FuzzOptions {
  /** What is drawn from. */
  readonly properties: readonly Property[];
  /** All there are: saved entries may belong to others than those drawn from. */
  readonly allProperties: readonly Property[];
  readonly kernel: KernelChoice;
  readonly seconds: number | undefined;
  readonly runs: number | undefined;
  readonly seed: number;
  readonly shard: { readonly index: number; readonly count: number } | undefined;
  readonly failFast: boolean;
  readonly save: boolean;
  readonly corpus: string;
  /** Flags that a replay needs besides the entry, with a blank in front; or nothing. */
  readonly propertiesFlag: string;
  /** Absolute path, `-` for stdout, undefined for none. */
  readonly json: string | undefined;
}

/** @throws {HarnessError} for anything that cannot be meant. Flags alone are looked at before anything is loaded. */
export async function readFuzzOptions(args: Args, io: Io, deps: Deps): Promise<FuzzOptions> {
  refuseLater(args);
  const runs = given(args, "runs", parseRuns);
  const time = given(args, "time", (text) => parseDuration("--time", text));
  const seed = given(args, "seed", parseSeed) ?? io.freshSeed();
  const shard = given(args, "shard", parseShard);
  const json = given(args, "json", (text) => jsonTarget(text, io));
  const kernel = await chooseKernel(args, deps);
  const file = args.value("properties");
  const all = await deps.loadProperties(file === undefined ? undefined : resolve(io.cwd, file));
  return {
    properties: chooseProperties(all, args.values("property")),
    allProperties: all,
    kernel,
    seconds: time ?? (runs === undefined ? DEFAULT_SECONDS : undefined),
    runs,
    seed,
    shard,
    failFast: args.has("fail-fast"),
    save: !args.has("no-save"),
    corpus: corpusDir(args.value("corpus"), io, deps),
    propertiesFlag: file === undefined ? "" : ` --properties ${shellWord(file)}`,
    json,
  };
}

/** `60 s` or `1000 runs each` or both. */
export function budgetText({ seconds, runs }: FuzzOptions): string {
  return [
    ...(seconds === undefined ? [] : [`${seconds} s`]),
    ...(runs === undefined ? [] : [`${runs} runs each`]),
  ].join(", at most ");
}

function refuseLater(args: Args): void {
  const engine = refuseEngine(args.value("engine") ?? "model");
  if (engine !== undefined) throw new HarnessError("not-in-this-version", engine);
  const workers = given(args, "workers", (text) => parseCount("--workers", text, { min: 1, max: 1024 })) ?? 1;
  if (workers > 1) {
    throw new HarnessError(
      "not-in-this-version",
      `--workers ${workers} is not part of this version, which has one; to use more cores start several ` +
        `with --shard 1/${workers}, 2/${workers}, ... and one --seed`,
    );
  }
}

function jsonTarget(text: string, io: Io): string {
  if (text === "-") return text;
  const file = resolve(io.cwd, text);
  // Found out now rather than after the whole budget is spent.
  if (existsSync(dirname(file))) return file;
  throw new HarnessError(
    "cannot-write",
    `--json: expected a file in a directory that exists, got "${text}"; create the directory or use --json -`,
  );
}

function given<T>(args: Args, flag: string, parse: (text: string) => T): T | undefined {
  const text = args.value(flag);
  return text === undefined ? undefined : parse(text);
}
