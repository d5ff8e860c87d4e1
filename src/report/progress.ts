/** Progress of a long command on stderr: one live line on a terminal, a plain line every few seconds elsewhere. */
import { counted } from "./counted.js";
import type { Palette } from "./palette.js";

export interface ProgressState {
  readonly runs: number;
  readonly runsPerSecond: number;
  /** Seconds until the time budget is spent; undefined when runs are counted instead. */
  readonly secondsLeft: number | undefined;
  readonly newFindings: number;
  readonly knownFindings: number;
  /** What is being done: a property's name, or what is being shrunk. */
  readonly doing: string;
}

/** Milliseconds between two drawings. */
const LIVE_EVERY = 100;
const PLAIN_EVERY = 5000;
const ERASE_LINE = "\r\u001b[2K";

/** `12345 runs, 6451/s, 42 s left, 1 new finding, 2 known, flood/clone-isolation`. */
export function progressLine(state: ProgressState): string {
  const parts = [`${state.runs} runs`, `${Math.round(state.runsPerSecond)}/s`];
  if (state.secondsLeft !== undefined) parts.push(`${Math.max(0, Math.ceil(state.secondsLeft))} s left`);
  parts.push(counted(state.newFindings, "new finding"), `${state.knownFindings} known`);
  if (state.doing !== "") parts.push(state.doing);
  return parts.join(", ");
}

export interface ProgressOptions {
  readonly write: (text: string) => void;
  readonly isTTY: boolean;
  /** Columns of the terminal now. */
  readonly columns: () => number;
  /** Milliseconds. */
  readonly now: () => number;
  readonly colours: Palette;
}

export class Progress {
  private lastDrawn: number;
  private live = false;

  constructor(private readonly options: ProgressOptions) {
    // The first plain line comes after a full interval: a short command says nothing.
    this.lastDrawn = options.isTTY ? Number.NEGATIVE_INFINITY : options.now();
  }

  /** Draws when it is time to. */
  update(state: ProgressState): void {
    const { isTTY, now, write, columns, colours } = this.options;
    const time = now();
    if (time - this.lastDrawn < (isTTY ? LIVE_EVERY : PLAIN_EVERY)) return;
    this.lastDrawn = time;
    const line = progressLine(state);
    if (isTTY) {
      this.live = true;
      // A line that wraps could not be erased again.
      write(ERASE_LINE + colours.faint(line.slice(0, Math.max(1, columns() - 1))));
    } else {
      write(`${line}\n`);
    }
  }

  /** Takes the live line away, so that something else can be printed. */
  clear(): void {
    if (this.live) this.options.write(ERASE_LINE);
    this.live = false;
    if (this.options.isTTY) this.lastDrawn = Number.NEGATIVE_INFINITY;
  }
}
