/**
 * Drawing recipes by number. The i-th recipe of a seed depends on (seed, stream, i) only and never on what was drawn
 * before, so that shards, workers and a replay all see the same one.
 */
import { type Arbitrary, type Random, randomOf } from "./fastCheck.js";

/** Something recipes can be drawn from. Callers treat it as opaque and go through `drawRecipe` and `shrinksOf`. */
export interface RecipeSource<T> {
  readonly arbitrary: Arbitrary<T>;
}

/** A drawn value, with whatever the arbitrary wants back when it shrinks it. */
export interface Drawn<T> {
  readonly value: T;
  readonly context: unknown;
}

/**
 * The index-th value of a seed in a stream; streams are named, as properties are, so that two properties with one seed
 * draw different recipes.
 */
export function drawRecipe<T>(source: RecipeSource<T>, seed: number, stream: string, index: number): Drawn<T> {
  const drawn = source.arbitrary.generate(randomAt(seed, stream, index), biasAt(index));
  return { value: drawn.value, context: drawn.context };
}

/** Smaller candidates, best first. Works for a value read back from JSON, which has no context. */
export function* shrinksOf<T>(source: RecipeSource<T>, value: T, context?: unknown): Generator<Drawn<T>> {
  if (context === undefined && !source.arbitrary.canShrinkWithoutContext(value)) return;
  for (const smaller of source.arbitrary.shrink(value, context)) {
    yield { value: smaller.value, context: smaller.context };
  }
}

/** One value in `bias` is drawn small; fast-check lets that share fall with the logarithm of the run, from a half on. */
function biasAt(index: number): number {
  return 2 + Math.floor(Math.log10(index + 1));
}

function randomAt(seed: number, stream: string, index: number): Random {
  let hash = 0x811c9dc5;
  for (let i = 0; i < stream.length; i++) hash = Math.imul(hash ^ stream.charCodeAt(i), 0x01000193);
  // Both halves of seed and index count: seeds taken from a clock exceed 32 bits.
  const words = [hash, seed, Math.floor(seed / 2 ** 32), index, Math.floor(index / 2 ** 32)];
  const a = absorb(0x9e3779b9, words);
  const b = absorb(0x85ebca6b, words);
  const c = absorb(0xc2b2ae35, words);
  const d = absorb(0x27d4eb2f, words);
  return randomOf([a === 0 ? 1 : a, b, c, d]);
}

function absorb(start: number, words: readonly number[]): number {
  let state = start | 0;
  for (const word of words) state = mix(Math.imul(state, 0x2545f491) ^ (word | 0));
  return mix(state ^ start);
}

/** MurmurHash3's finaliser: every input bit reaches every output bit. */
function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
