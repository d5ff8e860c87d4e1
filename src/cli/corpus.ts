/** `skbcheck corpus list|check|accept`: looks after saved entries. */
import { basename, dirname, resolve } from "node:path";
import { HarnessError } from "../corpus/HarnessError.js";
import { CorpusStore, entryFileName, readEntry, type SavedEntry } from "../corpus/store.js";
import { counted } from "../report/counted.js";
import { table } from "../report/table.js";
import type { Deps } from "../runner/deps.js";
import { replayEntry } from "../runner/replay.js";
import type { Args, Command } from "./Command.js";
import { type ExitCode, FOUND, type Io, NOTHING_FOUND, print } from "./Io.js";
import { LATER_CORPUS_COMMANDS } from "./later.js";
import { CORPUS_FLAG, corpusDir, entryDirs, findEntryFile, shownPath } from "./places.js";
import { isMainline, kernelOfEntry, lawsForEntry, MAINLINE, PROPERTIES_FLAG } from "./selection.js";
import { suggestion } from "./suggest.js";

export const corpus: Command = {
  name: "corpus",
  about: "looks after saved entries: list [DIR], check [DIR], accept ENTRY --why TEXT",
  positionals: { usage: "list [DIR] | check [DIR] | accept ENTRY", min: 1, max: 2 },
  flags: {
    why: { value: "TEXT", about: "for accept: why the finding is left as it is" },
    corpus: CORPUS_FLAG,
    properties: PROPERTIES_FLAG,
  },
  notes: [
    "list    one line for each entry",
    "check   reads every file and carries every entry out: says which fail as they should and which do not",
    "accept  marks a finding of mainline as known: it no longer fails the fuzzer, and must go on failing itself",
  ],
  run: runCorpus,
};

const ACTIONS: Readonly<Record<string, Command["run"]>> = { list, check, accept };

async function runCorpus(args: Args, io: Io, deps: Deps): Promise<ExitCode> {
  const [action = ""] = args.positionals;
  const names = Object.keys(ACTIONS);
  const later = Object.hasOwn(LATER_CORPUS_COMMANDS, action) ? LATER_CORPUS_COMMANDS[action] : undefined;
  if (later !== undefined) throw new HarnessError("not-in-this-version", later);
  const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (run === undefined) {
    throw new HarnessError(
      "bad-command",
      `corpus: expected one of ${names.join(", ")}, got "${action}"${suggestion(action, names)}`,
    );
  }
  if (args.has("why") && action !== "accept") {
    throw new HarnessError("bad-flag", `--why belongs to corpus accept, got it with corpus ${action}; leave it out`);
  }
  return run(args, io, deps);
}

async function list(args: Args, io: Io, deps: Deps): Promise<ExitCode> {
  const { entries, problems } = readEverything(args, io, deps);
  print(
    io.stdout,
    table(entries.map(({ file, entry }) => [shownPath(file, io), statusOf(entry), kernelText(entry), entry.title])),
  );
  print(io.stdout, [counted(entries.length, "entry")]);
  refuseProblems(problems, entries.length);
  return NOTHING_FOUND;
}

async function check(args: Args, io: Io, deps: Deps): Promise<ExitCode> {
  const { entries, problems } = readEverything(args, io, deps);
  const module = args.value("properties");
  const properties = await deps.loadProperties(module === undefined ? undefined : resolve(io.cwd, module));
  const laws = await deps.laws();
  const rows: string[][] = [];
  let wrong = 0;
  for (const saved of entries) {
    const { file, entry } = saved;
    const engine = await deps.engineFor(kernelOfEntry(entry));
    const result = replayEntry(entry, engine, lawsForEntry(entry, properties, laws));
    const complaint = complaintAbout(saved, result.stillFails, result.broken);
    if (complaint !== "") wrong++;
    const state = result.stillFails ? "fails" : result.broken.length > 0 ? "breaks" : "holds";
    rows.push([shownPath(file, io), state, complaint === "" ? "as it should" : `WRONG: ${complaint}`]);
  }
  print(io.stdout, table(rows));
  print(io.stdout, [`${entries.length - wrong} of ${entries.length} entries are as they should be`]);
  refuseProblems(problems, entries.length);
  return wrong > 0 ? FOUND : NOTHING_FOUND;
}

async function accept(args: Args, io: Io, deps: Deps): Promise<ExitCode> {
  const typed = args.positionals[1];
  const why = args.value("why");
  if (typed === undefined || why === undefined || why.trim() === "") {
    throw new HarnessError(
      "bad-flag",
      `corpus accept: expected an entry and a reason, got ${typed === undefined ? "no entry" : "no reason"}; ` +
        `use: skbcheck corpus accept ENTRY --why "..."`,
    );
  }
  const file = findEntryFile(typed, args, io, deps);
  const entry = readEntry(file);
  if (!isMainline(kernelOfEntry(entry))) {
    throw new HarnessError(
      "not-mainline",
      `corpus accept: expected a finding of mainline, ${shownPath(file, io)} is one of ${kernelText(entry)}, ` +
        `where failing is what it is for; leave it as it is`,
    );
  }
  const accepted = new CorpusStore(dirname(file)).accept(file, why);
  print(io.stdout, [`${shownPath(file, io)} is known now: ${accepted.why}`]);
  return NOTHING_FOUND;
}

interface Problem {
  readonly file: string;
  readonly message: string;
}

function readEverything(args: Args, io: Io, deps: Deps): { entries: SavedEntry[]; problems: Problem[] } {
  const root = corpusDir(args.positionals[1] ?? args.value("corpus"), io, deps);
  const read = entryDirs(root).map((dir) => new CorpusStore(dir).check());
  return { entries: read.flatMap((it) => it.entries), problems: read.flatMap((it) => it.problems) };
}

/** What can be read has been reported by now; a file that cannot is a reason for exit code 2, in one sentence. */
function refuseProblems(problems: readonly Problem[], readable: number): void {
  const [first] = problems;
  if (first === undefined) return;
  const total = readable + problems.length;
  const others = problems.length === 1 ? "" : ` (and ${problems.length - 1} more such files)`;
  throw new HarnessError(
    "bad-entry",
    `expected ${total} readable entries, could read ${readable}: ${first.message}${others}; ` +
      `mend or delete what cannot be read`,
  );
}

/** What is wrong with an entry, or nothing. */
function complaintAbout({ file, entry }: SavedEntry, stillFails: boolean, broken: readonly string[]): string {
  const folder = basename(dirname(file));
  const name = basename(file);
  if (folder === "seeds" || file.includes("/seeds/")) {
    return broken.length > 0 ? `a seed must hold, and breaks ${broken.join(", ")}` : "";
  }
  if (folder === "history" && !entry.bugs.includes(basename(file, ".json"))) {
    return `expected the name of a bug that it switches on (${entry.bugs.join(", ") || "it names none"})`;
  }
  if (folder === "findings" && !isNameOf(name, entry)) return `expected the file name ${entryFileName(entry)}`;
  if (!isMainline(kernelOfEntry(entry))) return stillFails ? "" : "it must fail on its kernel, and no longer does";
  if (entry.known) return stillFails ? "" : "it is known and no longer fails; delete it if it was mended";
  return stillFails
    ? `a failure of mainline: mend it, or use: skbcheck corpus accept ${name} --why "..."`
    : "it no longer fails; delete it or move it to seeds";
}

/** Two signatures may share a short hash; the second then has a number behind its name. */
const isNameOf = (name: string, entry: SavedEntry["entry"]): boolean =>
  name === entryFileName(entry) || /^-\d+\.json$/.test(name.slice(entryFileName(entry).length - ".json".length));

const statusOf = (entry: SavedEntry["entry"]): string =>
  entry.known ? "known" : isMainline(kernelOfEntry(entry)) ? "new" : "history";

const kernelText = ({ kernel, bugs }: SavedEntry["entry"]): string =>
  kernel === MAINLINE && bugs.length > 0 ? bugs.join("+") : [kernel, ...bugs].join("+");
