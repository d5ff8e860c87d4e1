/**
 * Switches: at the k-th touch of shared state by one holder, another holder runs to its end before the first goes on.
 *
 * The model is synchronous, so switches nest as interrupts do. A holder that is already running, or has finished, is
 * not switched to; the switch is then spent without effect.
 */
export interface Switch {
  readonly holder: number;
  /** Counted from 1. */
  readonly touch: number;
  readonly to: number;
}

export class Switchboard {
  private readonly byHolder: Switch[][] = [];
  /** The switches that took effect, in order. */
  readonly taken: Switch[] = [];

  /**
   * @param runToEnd carries out all remaining steps of a holder, and says whether it could: false when that holder
   *   is running or has finished.
   */
  constructor(
    switches: readonly Switch[],
    private readonly runToEnd: (holder: number) => boolean,
  ) {
    for (const one of switches) {
      (this.byHolder[one.holder] ??= []).push(one);
    }
  }

  /** Tells that `holder` is about to touch something shared for the `touch`-th time. */
  touched(holder: number, touch: number): void {
    const waiting = this.byHolder[holder];
    if (waiting === undefined) return;
    for (let i = 0; i < waiting.length; i++) {
      const one = waiting[i] as Switch;
      if (one.touch !== touch) continue;
      waiting.splice(i--, 1);
      if (this.runToEnd(one.to)) this.taken.push(one);
    }
  }
}
