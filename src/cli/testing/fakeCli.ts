/** Runs commands in a temporary folder with an engine and laws that know no packets. Nothing of the model is loaded. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type CorpusEntry, formatEntry } from "../../corpus/entry.js";
import { entryFileName } from "../../corpus/store.js";
import { sampleRecipe } from "../../laws/testing/sampleRun.js";
import type { Deps } from "../../runner/deps.js";
import { drawnProperty, fakeEngine, lawBrokenIf } from "../../runner/testing/fakes.js";
import { dispatch } from "../dispatch.js";
import type { Io } from "../Io.js";

/** Broken by most drawn recipes; its smallest recipe has two members. */
export const few = lawBrokenIf("few-members", ({ packet }) => packet.members.length >= 2, "frag_list");
/** Broken by no recipe. */
export const sound = lawBrokenIf("sound", () => false);
/** Broken by recipes on a tap. */
export const tapped = lawBrokenIf("tapped", ({ holders }) => holders.some(({ exit }) => exit === "tap"), "exit");

export const quiet = drawnProperty("calm/quiet", "Nothing is ever wrong.", [sound]);
export const loud = drawnProperty("flood/loud", "Lists are short.", [few, sound]);

export const failing = sampleRecipe((recipe) => {
  const member = {
    payload: 5,
    paged: 0,
    frags: 1,
    headFrag: false,
    split: "evenly" as const,
    odd: "nothing" as const,
    flow: 0,
    users: 0,
    cloned: false,
    nohdr: false,
    state: false,
    sharedFrag: false,
  };
  recipe.packet.members = [member, { ...member }, { ...member }];
});
export const harmless = sampleRecipe(() => {});

/** An entry that fails on every fake kernel, unless changed. */
export const entry = (change: Partial<CorpusEntry> = {}): CorpusEntry => ({
  format: 2,
  title: "a list of three",
  why: "",
  property: loud.name,
  kernel: "mainline",
  bugs: [],
  law: "few-members",
  place: "frag_list",
  signature: "few-members@frag_list",
  seed: 7,
  index: 3,
  runsToFind: 4,
  foundBy: "skbcheck 0.0.0",
  expected: "whole",
  received: "3 members",
  recipe: failing,
  ...change,
});

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class FakeCli {
  readonly cwd = mkdtempSync(join(tmpdir(), "skbcheck-"));
  /** Handed to the command as its Ctrl-C. */
  interrupt: () => void = () => {};
  readonly deps: Deps = {
    version: "0.1.0",
    packageDir: this.cwd,
    loadProperties: async () => [quiet, loud],
    laws: async () => [few, sound, tapped],
    engineFor: async ({ release, bugs }) => ({ ...fakeEngine(), kernel: [release ?? "mainline", ...bugs].join("+") }),
    bugs: async () => [
      {
        id: "mss-overflow",
        fixedBy: { commit: "0123456789ab", subject: "A segment of 65535 bytes" },
        introduced: "v3.16",
        fixedIn: "v6.6",
        releases: { "v6.1": "present", "v6.4": "present" },
      },
      {
        id: "list-clone",
        fixedBy: { commit: "0123456789ab", subject: "A clone's list is cut" },
        introduced: "v5.6",
        fixedIn: "v6.2",
        releases: { "v6.1": "present", "v6.4": "fixed" },
      },
    ],
    releases: async () => [
      { name: "v6.1", differences: ["knows no UDP_L4 in vnet headers"] },
      { name: "v6.4", differences: [] },
    ],
    vectors: async () => ({
      read: (value) => {
        const { id, topology, differences } = value as { id?: string; topology?: string; differences?: string[] };
        if (id === undefined || topology === undefined || differences === undefined) return "id: expected a text";
        return {
          id,
          topology,
          notModelled: topology === "vxlan4" ? "topology vxlan4" : undefined,
          run: () => ({ id, passed: differences.length === 0, differences }),
        };
      },
      readDivergences: (value) =>
        Array.isArray(value) ? (value as { id: string; reason: string }[]) : "expected a list",
    }),
  };

  /** Carries out a command line. The clock goes on by a millisecond whenever it is read. */
  async run(
    words: readonly string[],
    change: { deps?: Partial<Deps>; tty?: boolean; env?: Io["env"] } = {},
  ): Promise<Outcome> {
    let time = 0;
    const [out, err]: [string[], string[]] = [[], []];
    const sink = (lines: string[]) => ({
      write: (text: string) => void lines.push(text),
      isTTY: change.tty ?? false,
      columns: 80,
    });
    const io: Io = {
      cwd: this.cwd,
      stdout: sink(out),
      stderr: sink(err),
      env: change.env ?? {},
      now: () => time++,
      freshSeed: () => 4711,
      onInterrupt: (handler) => {
        this.interrupt = handler;
        return () => {};
      },
    };
    const code = await dispatch(words, io, () => ({ ...this.deps, ...change.deps }));
    return { code, out: out.join(""), err: err.join("") };
  }

  /** Writes a file below the folder and returns its path in it. */
  write(path: string, text: string): string {
    mkdirSync(dirname(join(this.cwd, path)), { recursive: true });
    writeFileSync(join(this.cwd, path), text);
    return path;
  }

  /** Saves an entry under its proper name. */
  saveEntry(folder: string, saved: CorpusEntry, name = entryFileName(saved)): string {
    return this.write(join(folder, name), formatEntry(saved));
  }

  read(path: string): string {
    return readFileSync(join(this.cwd, path), "utf8");
  }

  remove(): void {
    rmSync(this.cwd, { recursive: true });
  }
}
