/** Where entries lie, and how what somebody typed is found among them. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { HarnessError } from "../corpus/HarnessError.js";
import { CorpusStore } from "../corpus/store.js";
import type { Deps, KernelChoice } from "../runner/deps.js";
import type { Args, Flag } from "./Command.js";
import type { Io } from "./Io.js";
import { suggestion } from "./suggest.js";

export const CORPUS_FLAG: Flag = {
  value: "DIR",
  about: "the corpus; ./corpus if there is one, else the package's own",
};

/** Recorded kernel cases, not entries. */
const NOT_ENTRIES = "linux";

/** The corpus that `--corpus` names, else ./corpus, else the package's own. */
export function corpusDir(given: string | undefined, io: Io, deps: Deps): string {
  if (given !== undefined) {
    const dir = resolve(io.cwd, given);
    if (isDirectory(dir)) return dir;
    throw new HarnessError(
      "no-corpus",
      `expected the directory of a corpus, found none at ${given}; create it or give another`,
    );
  }
  const here = join(io.cwd, "corpus");
  return isDirectory(here) ? here : join(deps.packageDir, "corpus");
}

/** Findings on other kernels than mainline: kept out of git. */
export const scratchDir = (io: Io): string => join(io.cwd, ".fuzz", "findings");

/** A folder for each kernel: of two findings with one signature a store keeps the smaller, which may hold elsewhere. */
export function scratchDirOf({ release, bugs }: KernelChoice, io: Io): string {
  const name = [...(release === undefined ? [] : [release]), ...[...bugs].sort()].join("+");
  const short =
    name.length <= 100 ? name : `${name.slice(0, 80)}--${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
  return join(scratchDir(io), short);
}

/** A folder and all below it that hold entries, sorted. */
export function entryDirs(dir: string): string[] {
  if (!isDirectory(dir)) return [];
  const inside = readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const below = inside
    .filter((it) => it.isDirectory() && it.name !== NOT_ENTRIES)
    .flatMap((it) => entryDirs(join(dir, it.name)));
  return inside.some((it) => it.isFile() && it.name.endsWith(".json")) ? [dir, ...below] : below;
}

/**
 * The file of an entry by path, by name with or without `.json`, or by the unique beginning of its name. The corpus
 * comes before .fuzz, where a finding on another kernel often has the same name.
 */
export function findEntryFile(typed: string, args: Args, io: Io, deps: Deps): string {
  const path = resolve(io.cwd, typed);
  if (existsSync(path) && !isDirectory(path)) return path;
  const filesIn = (dir: string) => entryDirs(dir).flatMap((it) => new CorpusStore(it).list());
  const places = [filesIn(corpusDir(args.value("corpus"), io, deps)), filesIn(scratchDir(io))];
  const exact = places.map((files) => files.filter((file) => [typed, `${typed}.json`].includes(basename(file))));
  const begun = places.map((files) => files.filter((file) => basename(file).startsWith(typed)));
  const matches = [...exact, ...begun].find((it) => it.length > 0) ?? [];
  const [match] = matches;
  if (match === undefined) {
    const names = places.flat().map((file) => basename(file, ".json"));
    throw new HarnessError(
      "no-entry",
      `expected the path or name of a saved entry, found none for "${typed}"${suggestion(typed, names)}; ` +
        `for a list use: skbcheck corpus list`,
    );
  }
  if (matches.length === 1) return match;
  const shown = matches.slice(0, 4).map((file) => shownPath(file, io));
  const more = matches.length > shown.length ? ", ..." : "";
  throw new HarnessError(
    "ambiguous-entry",
    `expected the name of one entry, "${typed}" is the beginning of ${matches.length}: ` +
      `${shown.join(", ")}${more}; type more of it or a path`,
  );
}

/** A path as somebody in the working directory would type it. */
export function shownPath(file: string, io: Io): string {
  const path = relative(io.cwd, file);
  return path === "" || path.startsWith("..") || isAbsolute(path) ? file : path;
}

/** A word for a POSIX shell. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** The command that carries a saved entry out again. `flags` starts with a blank or is empty. */
export const replayLine = (file: string, flags: string, io: Io): string =>
  `npx skbcheck replay ${shellWord(shownPath(file, io))}${flags}`;

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
