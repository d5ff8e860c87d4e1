import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatEntry } from "./entry.js";
import { CorpusStore, entryFileName, readEntry } from "./store.js";
import { sampleEntry } from "./testing/sampleEntry.js";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "corpus-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const small = sampleEntry();
const large = sampleEntry({ recipe: { ...small.recipe, turns: [0, 1, 2, 3] }, index: 1, title: "found again" });
const other = sampleEntry({ place: "length", signature: "payload-preserved@length" });

/** A pid that no process can have. */
const DEAD = 0x7ffffff0;

describe("save", () => {
  test("writes one readable file, named after law and signature, and leaves nothing else", () => {
    const store = new CorpusStore(join(dir, "new", "findings"));
    const file = store.save(small);
    expect(file).toBe(join(dir, "new", "findings", entryFileName(small)));
    expect(entryFileName(small)).toMatch(/^payload-preserved--[0-9a-f]{8}\.json$/);
    expect(store.read(file)).toEqual(small);
    expect(store.read(entryFileName(small))).toEqual(small);
    expect(readdirSync(store.dir)).toEqual([entryFileName(small)]);
  });

  test("keeps the smaller of two recipes with one signature, in either order", () => {
    for (const [at, order] of [
      [small, large],
      [large, small],
    ].entries()) {
      const store = new CorpusStore(join(dir, String(at)));
      const files = order.map((entry) => store.save(entry));
      expect(new Set(files).size).toBe(1);
      expect(store.readAll().map(({ entry }) => entry.recipe)).toEqual([small.recipe]);
    }
  });

  test("keeps what a person wrote when a smaller recipe comes", () => {
    const store = new CorpusStore(dir);
    const file = store.save(large);
    store.accept(file, "as the kernel does");
    store.save(small);
    expect(store.read(file)).toEqual({ ...small, title: "found again", why: "as the kernel does", known: true });
  });

  test("finds the entry with the same signature under another name", () => {
    const store = new CorpusStore(dir);
    writeFileSync(join(dir, "a-good-name.json"), formatEntry(large));
    expect(store.save(small)).toBe(join(dir, "a-good-name.json"));
    expect(store.list()).toHaveLength(1);
  });

  test("never overwrites a malformed file, and still saves", () => {
    const store = new CorpusStore(dir);
    const broken = join(dir, entryFileName(small));
    writeFileSync(broken, '{"format": 1, "tit');
    const file = store.save(small);
    expect(file).toBe(join(dir, entryFileName(small, 2)));
    expect(readFileSync(broken, "utf8")).toBe('{"format": 1, "tit');
    expect(store.save(small)).toBe(file);
    expect(store.list()).toEqual([file, broken].sort());
  });

  test("says in one line that it cannot write", () => {
    writeFileSync(join(dir, "file"), "");
    expect(() => new CorpusStore(join(dir, "file")).save(small)).toThrowError(
      expect.objectContaining({ code: "corpus-unwritable", message: expect.stringContaining(join(dir, "file")) }),
    );
  });
});

describe("after a kill", () => {
  test("half-written temporary files are not entries, and the next save removes them", () => {
    const store = new CorpusStore(dir);
    store.save(other);
    const left = `.${entryFileName(small)}.${DEAD}.0.1.tmp`;
    writeFileSync(join(dir, left), formatEntry(small).slice(0, 100));
    expect(store.readAll().map(({ entry }) => entry)).toEqual([other]);
    store.save(small);
    expect(readdirSync(dir).sort()).toEqual([entryFileName(small), entryFileName(other)].sort());
  });

  test("clean removes what dead writers left and nothing that a living one may be writing", () => {
    const store = new CorpusStore(dir);
    const dead = `.x.json.${DEAD}.0.1.tmp`;
    const own = `.x.json.${process.pid}.${threadId}.900.tmp`;
    const otherThread = `.x.json.${process.pid}.${threadId + 1}.1.tmp`;
    const parent = `.x.json.${process.ppid}.0.1.tmp`;
    const foreign = [".gitignore", "notes.tmp", ".x.tmp"];
    for (const name of [dead, own, otherThread, parent, ...foreign]) writeFileSync(join(dir, name), "");
    expect(store.clean()).toEqual([dead, own].sort());
    expect(readdirSync(dir).sort()).toEqual([otherThread, parent, ...foreign].sort());
    expect(store.list()).toEqual([]);
  });

  test("an entry that could not be replaced is as it was", () => {
    const store = new CorpusStore(dir);
    const file = store.save(large);
    const before = readFileSync(file, "utf8");
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    expect(() => store.save({ ...small, expected: circular as never })).toThrow();
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(readdirSync(dir)).toEqual([entryFileName(large)]);
  });
});

describe("accept", () => {
  test("marks an entry as known with its reason", () => {
    const store = new CorpusStore(dir);
    const file = store.save(small);
    expect(store.accept(entryFileName(small), "  on purpose ")).toEqual({ ...small, known: true, why: "on purpose" });
    expect(readEntry(file)).toMatchObject({ known: true, why: "on purpose" });
  });

  test("wants a reason, an entry, and a well-formed one", () => {
    const store = new CorpusStore(dir);
    const file = store.save(small);
    expect(() => store.accept(file, "  ")).toThrowError(expect.objectContaining({ code: "why-missing" }));
    expect(() => store.accept("none.json", "x")).toThrowError(expect.objectContaining({ code: "entry-missing" }));
    writeFileSync(file, "{");
    expect(() => store.accept(file, "x")).toThrowError(expect.objectContaining({ code: "entry-not-json" }));
    expect(readFileSync(file, "utf8")).toBe("{");
  });
});

describe("reading", () => {
  test("lists by name, and a folder that is not there has no entries", () => {
    const store = new CorpusStore(dir);
    const files = [store.save(small), store.save(other)];
    writeFileSync(join(dir, "README.md"), "");
    expect(store.list()).toEqual(files.sort());
    expect(new CorpusStore(join(dir, "none")).list()).toEqual([]);
  });

  test("keeps entries and problems apart", () => {
    const store = new CorpusStore(dir);
    const file = store.save(small);
    writeFileSync(join(dir, "a.json"), "");
    mkdirSync(join(dir, "b.json"));
    const { entries, problems } = store.check();
    expect(entries).toEqual([{ file, entry: small }]);
    expect(problems.map(({ code }) => code)).toEqual(["entry-empty", "entry-unreadable"]);
    expect(problems[1]?.message).toBe(`${join(dir, "b.json")}: expected a corpus entry, got a folder`);
    expect(() => store.readAll()).toThrowError(expect.objectContaining({ code: "entry-empty" }));
  });

  test("says that a file is no folder", () => {
    writeFileSync(join(dir, "file"), "");
    expect(() => new CorpusStore(join(dir, "file")).list()).toThrowError(
      expect.objectContaining({
        code: "corpus-unreadable",
        message: `${join(dir, "file")}: expected a folder of entries, got a file`,
      }),
    );
  });
});
