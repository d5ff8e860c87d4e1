/**
 * A folder of saved entries, one file each. A write is complete or has not happened: a kill at any moment loses nothing
 * that was reported before, and a file that cannot be read is never touched.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { temporaryOwner, writeWhole } from "./atomicFile.js";
import { type CorpusEntry, formatEntry, parseEntry } from "./entry.js";
import { HarnessError, messageOf } from "./HarnessError.js";

export interface SavedEntry {
  /** Path, the store's folder included. */
  readonly file: string;
  readonly entry: CorpusEntry;
}

/** A file that is no entry, with the code and the one-line message of its HarnessError. */
export interface CorpusProblem {
  readonly file: string;
  readonly code: string;
  readonly message: string;
}

/** Reads one entry. Throws a HarnessError (entry.ts), also `entry-missing` and `entry-unreadable`. */
export function readEntry(file: string): CorpusEntry {
  return parseEntry(readBytes(file), file);
}

/** `<law>--<short hash of the signature>.json`. */
export function entryFileName(entry: Pick<CorpusEntry, "law" | "signature">, copy = 1): string {
  const law = entry.law.replace(/[^A-Za-z0-9-]+/g, "-").slice(0, 60);
  const hash = createHash("sha256").update(entry.signature).digest("hex").slice(0, 8);
  return `${law}--${hash}${copy === 1 ? "" : `-${copy}`}.json`;
}

export class CorpusStore {
  /** The folder need not exist until something is saved. */
  constructor(readonly dir: string) {}

  /** Paths of the entries, sorted by name. Throws a HarnessError when the folder cannot be read. */
  list(): string[] {
    const names = this.names().filter((name) => name.endsWith(".json") && !name.startsWith("."));
    return names.sort().map((name) => join(this.dir, name));
  }

  /** One entry, by path or by its name in this folder. */
  read(file: string): CorpusEntry {
    return readEntry(this.locate(file));
  }

  /** Every entry. Throws a HarnessError for the first file that is none. */
  readAll(): SavedEntry[] {
    return this.list().map((file) => ({ file, entry: readEntry(file) }));
  }

  /** Entries and files that are none, apart. */
  check(): { readonly entries: readonly SavedEntry[]; readonly problems: readonly CorpusProblem[] } {
    const entries: SavedEntry[] = [];
    const problems: CorpusProblem[] = [];
    for (const file of this.list()) {
      try {
        entries.push({ file, entry: readEntry(file) });
      } catch (error) {
        if (!(error instanceof HarnessError)) throw error;
        problems.push({ file, code: error.code, message: error.message });
      }
    }
    return { entries, problems };
  }

  /**
   * Saves an entry and returns its path. If one with the same signature is there, the smaller recipe stays, and what a
   * person wrote (title, why, known) stays in any case. A file that stands in the way is left alone and a name beside it
   * is taken.
   *
   * Throws a HarnessError `corpus-unwritable`.
   */
  save(entry: CorpusEntry): string {
    this.prepare();
    const present = this.check().entries.find((saved) => saved.entry.signature === entry.signature);
    if (present === undefined) {
      const file = this.freeFile(entry);
      writeWhole(file, formatEntry(entry));
      return file;
    }
    if (isSmaller(entry.recipe, present.entry.recipe)) {
      const { title, why, known } = present.entry;
      const smaller: CorpusEntry = { ...entry, title, why };
      writeWhole(present.file, formatEntry(known === undefined ? smaller : { ...smaller, known }));
    }
    return present.file;
  }

  /** Marks an entry as known, with the reason. Throws a HarnessError `why-missing` when the reason is blank. */
  accept(file: string, why: string): CorpusEntry {
    if (why.trim() === "") {
      throw new HarnessError("why-missing", `${file}: expected a reason why it is accepted, got an empty one`);
    }
    const path = this.locate(file);
    const known: CorpusEntry = { ...readEntry(path), why: why.trim(), known: true };
    writeWhole(path, formatEntry(known));
    return known;
  }

  /** Removes temporary files that a killed process left behind, and returns their names. */
  clean(): string[] {
    const stale = this.names()
      .filter((name) => temporaryOwner(name) === "gone")
      .sort();
    for (const name of stale) rmSync(join(this.dir, name), { force: true });
    return stale;
  }

  private prepare(): void {
    try {
      mkdirSync(this.dir, { recursive: true });
    } catch (cause) {
      throw new HarnessError("corpus-unwritable", `${this.dir}: expected a folder to save in, ${messageOf(cause)}`, {
        cause,
      });
    }
    this.clean();
  }

  private names(): string[] {
    try {
      return readdirSync(this.dir);
    } catch (cause) {
      if (codeOf(cause) === "ENOENT") return [];
      const what = codeOf(cause) === "ENOTDIR" ? "got a file" : messageOf(cause);
      throw new HarnessError("corpus-unreadable", `${this.dir}: expected a folder of entries, ${what}`, { cause });
    }
  }

  private locate(file: string): string {
    return basename(file) === file ? join(this.dir, file) : file;
  }

  /** Two signatures may share a short hash, and a broken file may have the name: then the next name is taken. */
  private freeFile(entry: CorpusEntry): string {
    const taken = new Set(this.names());
    for (let copy = 1; ; copy++) {
      const name = entryFileName(entry, copy);
      if (!taken.has(name)) return join(this.dir, name);
    }
  }
}

function readBytes(file: string): Uint8Array {
  try {
    if (statSync(file).isDirectory()) {
      throw new HarnessError("entry-unreadable", `${file}: expected a corpus entry, got a folder`);
    }
    return readFileSync(file);
  } catch (cause) {
    if (cause instanceof HarnessError) throw cause;
    if (codeOf(cause) === "ENOENT" || codeOf(cause) === "ENOTDIR") {
      throw new HarnessError("entry-missing", `${file}: expected a corpus entry, but there is no such file`, { cause });
    }
    throw new HarnessError("entry-unreadable", `${file}: expected a corpus entry, ${messageOf(cause)}`, { cause });
  }
}

/** By length of the JSON text, then by the text, so that the choice does not depend on which came first. */
function isSmaller(recipe: CorpusEntry["recipe"], than: CorpusEntry["recipe"]): boolean {
  const a = JSON.stringify(recipe);
  const b = JSON.stringify(than);
  return a.length === b.length ? a < b : a.length < b.length;
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | undefined)?.code;
