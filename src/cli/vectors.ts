/** `skbcheck vectors`: recorded kernel cases carried out in the model and compared byte for byte. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { HarnessError, messageOf } from "../corpus/HarnessError.js";
import { palette, wantsColour } from "../report/palette.js";
import type { Deps, Divergence, VectorCase, VectorOutcome, VectorSuite } from "../runner/deps.js";
import type { Args, Command } from "./Command.js";
import { type ExitCode, FOUND, type Io, NOTHING_FOUND, print } from "./Io.js";
import { chooseKernel, KERNEL_FLAGS } from "./selection.js";
import { suggestion } from "./suggest.js";

/** Cases that are shown, and differences of each. */
const SHOWN_CASES = 5;
const SHOWN_DIFFERENCES = 3;
/** Beside a file of recorded cases: those in which the model is known to differ. */
const DIVERGENCES = "divergences.json";

export const vectors: Command = {
  name: "vectors",
  about: "carries recorded kernel cases out in the model and compares byte for byte",
  positionals: { usage: "FILE...", min: 1, max: Number.POSITIVE_INFINITY },
  flags: {
    topology: { value: "NAME", repeatable: true, about: "only the cases of this topology" },
    ...KERNEL_FLAGS,
  },
  run: runVectors,
};

async function runVectors(args: Args, io: Io, deps: Deps): Promise<ExitCode> {
  const suite = await deps.vectors(await chooseKernel(args, deps));
  const all = args.positionals.flatMap((file) => readCases(file, suite, io));
  const listed = readAllDivergences(args.positionals, all, suite, io);
  const cases = chooseCases(all, args.values("topology"));
  const modelled = cases.filter((it) => it.notModelled === undefined);
  const skipped = cases.flatMap((it) => it.notModelled ?? []);

  const outcomes = modelled.map((it) => it.run());
  const failed = outcomes.filter(({ id, passed }) => !passed && !listed.has(id));
  const mended = outcomes.filter(({ id, passed }) => passed && listed.has(id));
  const diverged = outcomes.filter(({ id, passed }) => !passed && listed.has(id));

  showFailed(failed, io);
  for (const { id } of mended) {
    print(io.stdout, [`diverges no longer: ${id}; take it off ${DIVERGENCES}`]);
  }
  if (diverged.length > 0) {
    print(io.stdout, [
      `${diverged.length} known to diverge:`,
      ...diverged.map(({ id }) => `  ${id}: ${listed.get(id)?.reason}`),
    ]);
  }
  if (skipped.length > 0) {
    const reasons = [...new Set(skipped)].sort();
    print(io.stdout, [`${skipped.length} skipped: not modelled (${reasons.join(", ")})`]);
  }
  const notPassed = failed.length + mended.length;
  print(io.stdout, [`${outcomes.length - diverged.length - notPassed} passed, ${notPassed} failed`]);
  return notPassed > 0 ? FOUND : NOTHING_FOUND;
}

function showFailed(failed: readonly VectorOutcome[], io: Io): void {
  const colours = palette(wantsColour(io.stdout.isTTY, io.env));
  for (const { id, differences } of failed.slice(0, SHOWN_CASES)) {
    const more = differences.length - SHOWN_DIFFERENCES;
    print(io.stdout, [
      colours.bad(`differs: ${id}`),
      ...differences.slice(0, SHOWN_DIFFERENCES).map((line) => `  ${line}`),
      ...(more > 0 ? [`  ... ${more} more`] : []),
    ]);
  }
  if (failed.length > SHOWN_CASES) print(io.stdout, [`... and ${failed.length - SHOWN_CASES} more cases`]);
}

/** What the lists beside the files say, by case. Refuses an id that is in none of the files. */
function readAllDivergences(
  files: readonly string[],
  cases: readonly VectorCase[],
  suite: VectorSuite,
  io: Io,
): ReadonlyMap<string, Divergence> {
  const known = new Set(cases.map(({ id }) => id));
  const lists = new Set(files.map((file) => join(dirname(resolve(io.cwd, file)), DIVERGENCES)));
  const listed = new Map<string, Divergence>();
  for (const path of lists) {
    if (!existsSync(path)) continue;
    for (const one of readDivergences(path, suite)) {
      if (!known.has(one.id)) {
        throw new HarnessError(
          "unknown-divergence",
          `${path}: expected ids of recorded cases, got "${one.id}"${suggestion(one.id, [...known])}; mend or delete it`,
        );
      }
      listed.set(one.id, one);
    }
  }
  return listed;
}

function readDivergences(path: string, suite: VectorSuite): readonly Divergence[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new HarnessError("bad-divergences", `${path}: expected a JSON list, but ${messageOf(error)}; mend it`);
  }
  const read = suite.readDivergences(value);
  if (typeof read !== "string") return read;
  throw new HarnessError("bad-divergences", `${path}: expected a list of ids and reasons, but ${read}; mend it`);
}

function chooseCases(all: readonly VectorCase[], topologies: readonly string[]): readonly VectorCase[] {
  const names = [...new Set(all.map((it) => it.topology))].sort();
  for (const name of topologies) {
    if (names.includes(name)) continue;
    throw new HarnessError(
      "unknown-topology",
      `--topology: expected one of ${names.join(", ")}, got "${name}"${suggestion(name, names)}`,
    );
  }
  return topologies.length === 0 ? all : all.filter((it) => topologies.includes(it.topology));
}

function readCases(file: string, suite: VectorSuite, io: Io): VectorCase[] {
  const cases = textOf(file, io)
    .split("\n")
    .flatMap((line, i) => (line.trim() === "" ? [] : [readCase(line, `${file}:${i + 1}`, suite)]));
  if (cases.length > 0) return cases;
  throw new HarnessError(
    "no-vectors",
    `${file}: expected recorded cases, one JSON object a line, found none; give another file`,
  );
}

function readCase(line: string, where: string, suite: VectorSuite): VectorCase {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new HarnessError(
      "bad-vector",
      `${where}: expected one JSON object on the line, but ${messageOf(error)}; mend or delete the line`,
    );
  }
  const read = suite.read(value);
  if (typeof read !== "string") return read;
  throw new HarnessError(
    "bad-vector",
    `${where}: expected a recorded kernel case, but ${read}; mend or delete the line`,
  );
}

function textOf(file: string, io: Io): string {
  try {
    return readFileSync(resolve(io.cwd, file), "utf8");
  } catch (error) {
    throw new HarnessError(
      "no-vectors",
      `expected a file of recorded cases at ${file}, but ${messageOf(error)}; give the path of one`,
    );
  }
}
