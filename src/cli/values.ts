/** Values of flags. Each parser says what was expected, what came and, where it helps, an example. */
import { HarnessError } from "../corpus/HarnessError.js";

const UNIT_SECONDS = { ms: 0.001, s: 1, m: 60, h: 3600 } as const;
/** A timer cannot wait longer than 2^31 - 1 ms. */
const LONGEST_SECONDS = 24 * 3600;
const LARGEST_SEED = 0xffffffff;

/** A whole number in decimal digits. */
export function parseCount(flag: string, text: string, range: { min: number; max: number }): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= range.min && value <= range.max)) {
    const most = range.max === Number.MAX_SAFE_INTEGER ? "" : ` up to ${range.max}`;
    throw bad(`${flag}: expected a whole number from ${range.min}${most}, got "${text}"`);
  }
  return value;
}

export const parseSeed = (text: string): number => parseCount("--seed", text, { min: 0, max: LARGEST_SEED });
export const parseRuns = (text: string): number => parseCount("--runs", text, { min: 1, max: Number.MAX_SAFE_INTEGER });

/** Seconds of `500ms`, `60s`, `5m`, `1h`. */
export function parseDuration(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const seconds = match ? Number(match[1]) * UNIT_SECONDS[match[2] as keyof typeof UNIT_SECONDS] : Number.NaN;
  if (!(seconds > 0 && seconds <= LONGEST_SECONDS)) {
    throw bad(`${flag}: expected a duration such as 60s, 5m or 1h, at most 24h, got "${text}"`);
  }
  return seconds;
}

/** `2/4`: the second of four parts. The index returned counts from 0. */
export function parseShard(text: string): { index: number; count: number } {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [part, count] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || part < 1 || count < 1 || part > count) {
    throw bad(`--shard: expected I/N with I from 1 to N, such as 1/4, got "${text}"`);
  }
  return { index: part - 1, count };
}

/** Whether a name matches a pattern in which `*` stands for any characters and `?` for one. */
export function matchesGlob(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`).test(name);
}

const bad = (message: string): HarnessError => new HarnessError("bad-flag", message);
