/**
 * Arbitraries from the declarations in recipe/schema.ts.
 *
 * One class of our own over fast-check's Arbitrary: a declaration is compiled once into closures that draw, and values
 * shrink by their structure (shrinkData.ts). Compared with nested `record`, `array` and `oneof` it draws several times
 * as fast, shrinks towards `least`, and needs no context, so a recipe read back from JSON shrinks as a drawn one does.
 */
import type { DataOf, Field, IntField, ListField } from "../recipe/schema.js";
import { Arbitrary, type Random, Stream, Value } from "./fastCheck.js";
import { checkOdds, type Odds } from "./odds.js";
import { hasShape, smallerThan } from "./shrinkData.js";

/** Of a number with sharp values: this share of the draws is one of them. */
const SHARP_SHARE = 0.25;
/** Of a number or list that may exceed its usual values: this share of the draws does. */
const WIDE_SHARE = 0.1;
/** Of the lists that exceed their usual length: this share has the greatest length allowed. */
const FULL_SHARE = 0.2;
/** A small value has no list longer than this many elements above the least. */
const SMALL_SPARE = 2;

/** `small`: this value as a whole is one of the small ones. */
type Draw = (random: Random, small: boolean) => unknown;

/**
 * The arbitrary of a declaration, with odds by dotted path. Shrinks towards `leastOf(field)`.
 *
 * Throws an Error naming the path when the odds do not fit the declaration.
 */
export function arbitraryOf<F extends Field>(field: F, odds: Odds = {}): Arbitrary<DataOf<F>> {
  checkOdds(field, odds);
  return new DataArbitrary<DataOf<F>>(field, compile(field, byShortPath(odds), ""));
}

class DataArbitrary<T> extends Arbitrary<T> {
  constructor(
    private readonly field: Field,
    private readonly draw: Draw,
  ) {
    super();
  }

  override generate(mrng: Random, biasFactor: number | undefined): Value<T> {
    const small = biasFactor !== undefined && mrng.nextInt(1, biasFactor) === 1;
    return new Value(this.draw(mrng, small) as T, undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is T {
    return hasShape(this.field, value);
  }

  override shrink(value: T): Stream<Value<T>> {
    return new Stream(smallerThan(this.field, value) as IterableIterator<T>).map(
      (smaller) => new Value(smaller, undefined),
    );
  }
}

type OddsByPath = ReadonlyMap<string, Odds[string]>;

/** `holders.*.exit` and `holders.exit` are the same field; a `*` is kept only where it names the element itself. */
function byShortPath(odds: Odds): OddsByPath {
  return new Map(Object.entries(odds).map(([path, odd]) => [path.replace(/\.\*(?=\.)/g, ""), odd]));
}

function compile(field: Field, odds: OddsByPath, path: string): Draw {
  const odd = odds.get(path);
  switch (field.type) {
    case "int":
      return withChance(odd, field.least, compileInt(field));
    case "bool": {
      const chance = typeof odd === "number" ? odd : 0.5;
      return (random) => happens(random, chance);
    }
    case "choice":
      return compileChoice(field.names, odd);
    case "list":
      return compileList(field, odds, path);
    case "struct": {
      const entries = Object.entries(field.fields as Record<string, Field>);
      const keys = entries.map(([key]) => key);
      const draws = entries.map(([key, inner]) => compile(inner, odds, path === "" ? key : `${path}.${key}`));
      return (random, small) => {
        const data: Record<string, unknown> = {};
        for (let i = 0; i < keys.length; i++) data[keys[i] as string] = (draws[i] as Draw)(random, small);
        return data;
      };
    }
  }
}

function compileInt(field: IntField): Draw {
  const { min, max, least, sharp, usual } = field;
  // A range that goes below zero is centred on its least: what lies below is as unusual as what lies beyond `usual`.
  const from = Math.min(min >= 0 ? min : least, usual);
  const sharpShare = sharp.length > 0 ? SHARP_SHARE : 0;
  const wideShare = from > min || usual < max ? WIDE_SHARE : 0;
  // Beyond `usual` every magnitude is as likely as the next: sizes are what numbers mostly are.
  const smallest = 32 - Math.clz32(Math.max(1, usual));
  const largest = 32 - Math.clz32(Math.max(1, max));
  const drawWide = (random: Random): number => {
    if (from > min && random.nextInt(0, 1) === 0) return random.nextInt(min, from);
    return random.nextInt(Math.min(usual, max), Math.min(max, 2 ** random.nextInt(smallest, largest)));
  };
  return (random, small) => {
    const at = random.nextInt(0, ODDS_MASK) / ODDS_UNIT;
    if (at < sharpShare) return sharp[random.nextInt(0, sharp.length - 1)];
    if (at < sharpShare + wideShare && !small) return drawWide(random);
    return from === usual ? usual : random.nextInt(from, usual);
  };
}

function compileChoice(names: readonly string[], odd: Odds[string] | undefined): Draw {
  if (odd === undefined) return (random) => names[random.nextInt(0, names.length - 1)];
  const others = names.length - 1;
  const weights = names.map((name, index) => {
    if (typeof odd !== "number") return odd[name] ?? 0;
    return index === 0 ? (others === 0 ? 1 : 1 - odd) : odd / others;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let reached = 0;
  const bounds = weights.map((weight) => {
    reached += weight;
    return (reached / total) * ODDS_UNIT;
  });
  // Rounding may leave the last bound a little short; the last name that has a weight takes what is left.
  const last = weights.findLastIndex((weight) => weight > 0);
  return (random) => {
    const at = random.nextInt(0, ODDS_MASK);
    for (let i = 0; i < last; i++) if (at < (bounds[i] as number)) return names[i];
    return names[last];
  };
}

function compileList(field: ListField, odds: OddsByPath, path: string): Draw {
  const { min, max, usual } = field;
  const element = field.of as Field;
  // The element of a list has the list's own path; where it is a single value, `*` tells the two apart.
  const draw = compile(element, odds, element.type === "struct" ? path : `${path}.*`);
  const odd = odds.get(path);
  const chance = typeof odd === "number" ? odd : undefined;
  const length = (random: Random, small: boolean): number => {
    if (max === min) return min;
    if (chance !== undefined && !happens(random, chance)) return min;
    const from = chance === undefined ? min : min + 1;
    if (small) return random.nextInt(from, Math.max(from, Math.min(usual, min + SMALL_SPARE)));
    if (usual < max && happens(random, WIDE_SHARE)) {
      return happens(random, FULL_SHARE) ? max : random.nextInt(Math.max(from, usual + 1), max);
    }
    return random.nextInt(from, Math.max(from, usual));
  };
  return (random, small) => {
    const count = length(random, small);
    const elements: unknown[] = [];
    for (let i = 0; i < count; i++) elements.push(draw(random, small));
    return elements;
  };
}

function withChance(odd: Odds[string] | undefined, least: unknown, draw: Draw): Draw {
  if (typeof odd !== "number") return draw;
  return (random, small) => (happens(random, odd) ? draw(random, small) : least);
}

/** Sixteen random bits settle a chance: fine enough for odds, and one step of the generator. */
const ODDS_MASK = 0xffff;
const ODDS_UNIT = ODDS_MASK + 1;

function happens(random: Random, chance: number): boolean {
  return random.nextInt(0, ODDS_MASK) < chance * ODDS_UNIT;
}
