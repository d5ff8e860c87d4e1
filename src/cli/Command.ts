/** A command as data: what it takes, what it says of itself, and the function that does it. */
import type { Deps } from "../runner/deps.js";
import type { ExitCode, Io } from "./Io.js";

export interface Flag {
  /** What stands for the value in the help, such as `N`; absent for a switch. */
  readonly value?: string;
  /** May be given several times. */
  readonly repeatable?: boolean;
  readonly about: string;
}

export interface Positionals {
  /** What stands for them in the help. */
  readonly usage: string;
  readonly min: number;
  readonly max: number;
}

export interface Command {
  readonly name: string;
  readonly about: string;
  readonly positionals: Positionals;
  readonly flags: Readonly<Record<string, Flag>>;
  /** Said under the flags in the help. */
  readonly notes?: readonly string[];
  readonly run: (args: Args, io: Io, deps: Deps) => Promise<ExitCode>;
}

/** A command line after parsing. Flag names are given without dashes. */
export interface Args {
  readonly positionals: readonly string[];
  /** The value of a flag, undefined when it was not given. */
  readonly value: (flag: string) => string | undefined;
  readonly values: (flag: string) => readonly string[];
  readonly has: (flag: string) => boolean;
}

export const NO_POSITIONALS: Positionals = { usage: "", min: 0, max: 0 };
