/** The saved entries, as tests of properties read them. */
import { join, relative } from "node:path";
import { projectRoot } from "../../src/architecture/projectFiles.js";
import { entryDirs } from "../../src/cli/places.js";
import { kernelOfEntry } from "../../src/cli/selection.js";
import type { CorpusEntry } from "../../src/corpus/entry.js";
import { CorpusStore, type SavedEntry } from "../../src/corpus/store.js";
import type { Engine } from "../../src/engine/Engine.js";
import { modelEngine } from "../../src/engine/model/modelEngine.js";
import { kernelFor } from "../../src/kernel/kernelFor.js";

export interface SavedCorpus {
  /** Failures of mainline. */
  readonly findings: readonly SavedEntry[];
  /** One for each historical bug. */
  readonly history: readonly SavedEntry[];
  /** Named shapes, which hold. */
  readonly seeds: readonly SavedEntry[];
  /** Signatures that were accepted, with their entries. */
  readonly known: ReadonlyMap<string, string>;
}

/** Reads the package's corpus; paths are from the project's root. Throws a HarnessError for a file that is no entry. */
export function readCorpus(): SavedCorpus {
  const root = projectRoot();
  const below = (folder: string): SavedEntry[] =>
    entryDirs(join(root, "corpus", folder))
      .flatMap((dir) => new CorpusStore(dir).readAll())
      .map(({ file, entry }) => ({ file: relative(root, file), entry }));
  const findings = below("findings");
  const accepted = findings.filter(({ entry }) => entry.known === true);
  return {
    findings,
    history: below("history"),
    seeds: below("seeds"),
    known: new Map(accepted.map(({ file, entry }) => [entry.signature, file])),
  };
}

/** The model with the kernel that an entry was saved with. */
export function engineOf(entry: CorpusEntry): Engine {
  const { release, bugs } = kernelOfEntry(entry);
  return modelEngine(kernelFor(release, bugs));
}
