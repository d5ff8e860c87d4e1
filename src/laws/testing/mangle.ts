/**
 * Runs as no engine would make them: numbers out of range, lists cut short, bytes that cannot be read. A law must come
 * to a verdict on any of them, since a broken kernel may well produce something like it.
 */
import type { Run } from "../../recipe/Run.js";
import { bend } from "./sampleRun.js";

const NUMBERS = [0, 1, -1, 7, 0xffff, 0xffff_ffc2, 2 ** 40];

/** Counter-based, so that a seed always gives the same run. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A copy of the run with one leaf in `every` replaced. The recipe stays as it is: it was parsed. */
export function mangle(run: Run, seed: number, every = 12): Run {
  const draw = generator(seed);
  const spoil = (value: unknown): unknown => {
    const hit = draw(every) === 0;
    if (value instanceof Uint8Array) return hit ? value.slice(0, draw(value.length + 1)) : value;
    if (Array.isArray(value)) return (hit ? value.slice(0, draw(value.length + 1)) : value).map(spoil);
    if (typeof value === "number") return hit ? NUMBERS[draw(NUMBERS.length)] : value;
    if (typeof value === "boolean") return hit ? !value : value;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        inner instanceof Uint8Array && mayBeUnreadable(key, value) && hit ? undefined : spoil(inner),
      ]),
    );
  };
  return bend(run, (copy) => {
    const { recipe: _, ...rest } = copy;
    Object.assign(copy, spoil(rest));
  });
}

/** A frame on its way in always has its bytes. */
const mayBeUnreadable = (key: string, of: object): boolean =>
  (key === "bytes" && !("flow" in of)) || key === "payload" || key === "later";
