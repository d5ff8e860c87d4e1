/** The steps of a run in the order in which they were really taken, with interrupts marked and indented. */
import type { Run } from "../recipe/Run.js";

/** Nothing but a header line when the run carries no trace. */
export function drawSteps(run: Run): string[] {
  if (run.trace.length === 0) return ["(no trace was recorded)"];
  const lines: string[] = [];
  /** Holders that wait, outermost first, for the one that interrupted them to come to its end. */
  const waiting: number[] = [];
  const pending = [...run.recipe.switches];
  let current: number | undefined;
  for (const step of run.trace) {
    if (current !== undefined && step.holder !== current) {
      const depth = waiting.lastIndexOf(step.holder);
      if (depth >= 0) {
        waiting.length = depth;
        lines.push(`${indentOf(waiting.length)}<<< holder ${step.holder} goes on where it was interrupted`);
      } else if (mayInterrupt(run, pending, current, step.holder)) {
        const touch = takeSwitch(run, pending, current, step.holder);
        lines.push(
          `${indentOf(waiting.length)}>>> INTERRUPT at touch ${touch} of a shared info by holder ${current}: ` +
            `holder ${step.holder} runs to its end`,
        );
        waiting.push(current);
      }
    }
    current = step.holder;
    lines.push(`${indentOf(waiting.length)}${who(step.holder)}  ${step.text}`);
  }
  return lines;
}

const indentOf = (depth: number): string => "    ".repeat(depth);
const who = (holder: number): string => (holder < 0 ? "set-up  " : `holder ${holder}`);

type Switches = Run["recipe"]["switches"][number][];

function mayInterrupt(run: Run, pending: Switches, from: number, to: number): boolean {
  return run.holders[from]?.interrupted === true && pending.some((it) => goesBetween(run, it, from, to));
}

/** The builder clamps a switch's holders to those that exist. */
function goesBetween(run: Run, it: Switches[number], from: number, to: number): boolean {
  const count = run.holders.length;
  return it.holder % count === from && it.to % count === to;
}

function takeSwitch(run: Run, pending: Switches, from: number, to: number): number | string {
  const index = pending.findIndex((it) => goesBetween(run, it, from, to));
  return index < 0 ? "?" : (pending.splice(index, 1)[0]?.touch ?? "?");
}
