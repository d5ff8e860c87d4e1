/** A bug that Linux really had: its fix, its releases, its story, and the decisions that it took wrongly. */
import type { Unfix } from "./Kernel.js";

/** `present`, already `fixed`, `absent` because not yet introduced, or `unknown`: then it is off unless asked for. */
export type Presence = "present" | "fixed" | "absent" | "unknown";

export const RELEASES = ["v5.4", "v5.15", "v6.1", "v6.4", "v6.6", "v6.9", "v6.12"] as const;
export type Release = (typeof RELEASES)[number];

export interface HistoricalBug {
  /** Kebab-case id, typed in a shell. */
  readonly id: string;
  /** Kernel symbols concerned. */
  readonly symbols: readonly string[];
  /** Twelve digits of the commit, or `unknown`, and its first line. */
  readonly fixedBy: { readonly commit: string; readonly subject: string };
  /** Commit and release that brought it in. */
  readonly introduced: string;
  /** First release with the fix, and stable releases. */
  readonly fixedIn: string;
  /** State of each plain release. */
  readonly releases: Readonly<Record<Release, Presence>>;
  readonly story: string;
  /** Names of the laws that catch it. */
  readonly caughtBy: readonly string[];
  /** Ids of other bugs without which this one cannot be seen. */
  readonly requires: readonly string[];
  readonly unfix: Unfix;
}

/** Declares a bug. A plain identity that gives the literal its type. */
export const historicalBug = (declaration: HistoricalBug): HistoricalBug => declaration;

const LETTERS: Readonly<Record<string, Presence>> = { P: "present", F: "fixed", "-": "absent", "?": "unknown" };

/** The row of a release table, one letter a release in the order of RELEASES: `-PPPFFF`. */
export function presence(row: string): Readonly<Record<Release, Presence>> {
  const letters = [...row];
  if (letters.length !== RELEASES.length || letters.some((letter) => LETTERS[letter] === undefined)) {
    throw new Error(`presence: "${row}" is not ${RELEASES.length} letters of P, F, - and ?`);
  }
  return Object.fromEntries(RELEASES.map((release, i) => [release, LETTERS[letters[i] as string]])) as Record<
    Release,
    Presence
  >;
}
