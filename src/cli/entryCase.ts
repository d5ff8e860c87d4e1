/** A saved entry with everything needed to carry it out: what `replay` and `show` have in common. */
import { resolve } from "node:path";
import type { CorpusEntry } from "../corpus/entry.js";
import { HarnessError } from "../corpus/HarnessError.js";
import { readEntry } from "../corpus/store.js";
import type { Engine } from "../engine/Engine.js";
import type { Law } from "../laws/law.js";
import type { Deps, KernelChoice } from "../runner/deps.js";
import type { Property } from "../runner/property.js";
import type { Args, Flag } from "./Command.js";
import type { Io } from "./Io.js";
import { refuseEngine } from "./later.js";
import { CORPUS_FLAG, findEntryFile, replayLine, shellWord } from "./places.js";
import {
  chooseKernel,
  KERNEL_FLAGS,
  kernelFlagsOf,
  kernelOfEntry,
  lawsForEntry,
  PROPERTIES_FLAG,
} from "./selection.js";

export const ENTRY_FLAGS: Readonly<Record<string, Flag>> = {
  ...KERNEL_FLAGS,
  engine: { value: "NAME", about: "model in this version" },
  corpus: CORPUS_FLAG,
  properties: PROPERTIES_FLAG,
};

export const ENTRY_NOTES: readonly string[] = [
  "ENTRY is a path, a file's name, or the beginning of one that no other entry has.",
  "Either of --kernel and --bug replaces both the release and the bugs that were saved.",
];

export interface EntryCase {
  readonly file: string;
  readonly entry: CorpusEntry;
  readonly kernel: KernelChoice;
  readonly engine: Engine;
  readonly properties: readonly Property[];
  readonly laws: readonly Law[];
  /** The command that carries it out again on the same kernel. */
  readonly replay: string;
}

export async function openEntry(args: Args, io: Io, deps: Deps): Promise<EntryCase> {
  const refused = refuseEngine(args.value("engine") ?? "model");
  if (refused !== undefined) throw new HarnessError("not-in-this-version", refused);
  const file = findEntryFile(args.positionals[0] ?? "", args, io, deps);
  const entry = readEntry(file);
  const kernel = await chooseKernel(args, deps, kernelOfEntry(entry));
  const module = args.value("properties");
  const properties = await deps.loadProperties(module === undefined ? undefined : resolve(io.cwd, module));
  const flags = kernelFlagsOf(kernel) + (module === undefined ? "" : ` --properties ${shellWord(module)}`);
  return {
    file,
    entry,
    kernel,
    engine: await deps.engineFor(kernel),
    properties,
    laws: lawsForEntry(entry, properties, await deps.laws()),
    replay: replayLine(file, flags, io),
  };
}
