/** What a command touches of the world besides files: given in, so that a test needs no process. */
export interface Io {
  readonly cwd: string;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds from some fixed moment. */
  readonly now: () => number;
  /** A seed nobody has drawn before. */
  readonly freshSeed: () => number;
  /** Calls `handler` at the first Ctrl-C instead of ending the process. Returns what undoes that. */
  readonly onInterrupt: (handler: () => void) => () => void;
}

export interface Sink {
  readonly write: (text: string) => void;
  readonly isTTY: boolean;
  readonly columns: number;
}

/** Exit codes: nothing found or only known; findings; could not run. */
export const NOTHING_FOUND = 0;
export const FOUND = 1;
export const COULD_NOT_RUN = 2;
export type ExitCode = typeof NOTHING_FOUND | typeof FOUND | typeof COULD_NOT_RUN;

export const print = (sink: Sink, lines: readonly string[]): void => {
  if (lines.length > 0) sink.write(`${lines.join("\n")}\n`);
};
