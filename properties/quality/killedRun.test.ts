/** A fuzzer killed at any moment leaves whole files, and every finding that it had printed as saved. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Digest } from "../../src/bytes/digest.js";
import { readEntry } from "../../src/corpus/store.js";

/** More for a long look: SKBCHECK_KILLS=50. */
const KILLS = Number(process.env["SKBCHECK_KILLS"] ?? 10);
/** The first findings come within the first half second of work. */
const LATEST_KILL_MS = 1500;
/** Writing an entry makes three or four: the temporary file, its content, its new name. */
const MOST_FILE_EVENTS = 60;
const BUGS = ["fraglist-head-not-uncloned", "fraglist-shared-members"];

const main = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "skbcheck-killed-"));
  mkdirSync(join(folder, "corpus"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function fuzz(...flags: readonly string[]): { child: ChildProcess; out: () => string; ended: Promise<string> } {
  const bugs = BUGS.flatMap((id) => ["--bug", id]);
  const words = [main, "fuzz", "--corpus", "corpus", "--property", "flood/*", ...bugs, ...flags];
  const child = spawn(process.execPath, words, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr?.resume();
  const ended = new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal ?? String(code)));
  });
  return { child, out: () => out, ended };
}

/** Names of saved files; temporary ones begin with a dot. */
const savedFiles = (dir: string): string[] =>
  existsSync(dir) ? readdirSync(dir).filter((it) => !it.startsWith(".")) : [];

/** Paths on replay lines that were printed to their end. */
const printedEntries = (out: string): string[] =>
  [...out.matchAll(/^ {2}replay +npx skbcheck replay (\S+\.json)[^\n]*\n/gm)].map(([, file]) => file as string);

/** A number from 0 to below 1 that depends on the number of the kill alone. */
const chance = (kill: number): number => Number.parseInt(new Digest().number(kill).hex().slice(0, 6), 16) / 2 ** 24;

/** Some while after the start; or, every other time, while an entry is being written, where a kill does most harm. */
async function momentOf(kill: number, run: ReturnType<typeof fuzz>, dir: string): Promise<void> {
  await new Promise((resume) => run.child.stdout?.once("data", resume));
  if (kill % 2 === 0) {
    await new Promise((resume) => setTimeout(resume, chance(kill) * LATEST_KILL_MS));
    return;
  }
  let left = Math.floor(chance(kill) * MOST_FILE_EVENTS);
  const watching = new AbortController();
  const enough = new Promise<void>((resume) => {
    watch(dir, { signal: watching.signal }, () => {
      left -= 1;
      if (left <= 0) resume();
    });
  });
  await Promise.race([enough, run.ended]);
  watching.abort();
}

describe("a fuzzer that is killed", () => {
  const printedByAll: string[] = [];

  for (let kill = 0; kill < KILLS; kill++) {
    test(`leaves whole entries and all that it printed, kill ${kill + 1} of ${KILLS}`, async () => {
      const dir = join(folder, ".fuzz", "findings", BUGS.join("+"));
      mkdirSync(dir, { recursive: true });
      const run = fuzz("--time", "60s", "--seed", String(kill));
      await momentOf(kill, run, dir);
      run.child.kill("SIGKILL");
      expect(await run.ended).toBe("SIGKILL");

      const printed = printedEntries(run.out());
      printedByAll.push(...printed);
      for (const file of printed) expect(existsSync(join(folder, file)), `${file} was printed as saved`).toBe(true);
      for (const name of savedFiles(dir)) expect(readEntry(join(dir, name)).bugs).toEqual(BUGS);
    });
  }

  test("had printed findings before some of the kills", () => {
    expect(printedByAll).not.toEqual([]);
    expect(printedByAll.filter((file) => !file.startsWith(join(".fuzz", "findings", BUGS.join("+"))))).toEqual([]);
  });

  test("is no hindrance to the next, which keeps what is there and clears what was left half-written", async () => {
    const killed = fuzz("--time", "60s", "--seed", "1");
    while (printedEntries(killed.out()).length < 3) await new Promise((resume) => setTimeout(resume, 5));
    killed.child.kill("SIGKILL");
    await killed.ended;
    const printed = printedEntries(killed.out());
    const dir = join(folder, dirname(printed[0] as string));
    const before = savedFiles(dir);
    expect(before.length).toBeGreaterThanOrEqual(printed.length);

    const next = fuzz("--runs", "20", "--seed", "1");
    expect(await next.ended).toBe("1");
    const after = readdirSync(dir);
    expect(after.filter((name) => name.startsWith("."))).toEqual([]);
    for (const name of before) expect(after).toContain(name);
    for (const name of after) expect(readEntry(join(dir, name)).bugs).toEqual(BUGS);
  });
});
