/**
 * The one module that imports fast-check and pure-rand: the next major version of fast-check makes every property
 * asynchronous, and then only this file and the classes built on it have to change.
 */
import { Arbitrary, Random, Stream, Value } from "fast-check";
import { xorshift128plusFromState } from "pure-rand/generator/xorshift128plus";

export { Arbitrary, Random, Stream, Value };

/** A random number generator whose state is four 32-bit words, not all zero. */
export const randomOf = (state: readonly [number, number, number, number]): Random =>
  new Random(xorshift128plusFromState(state));
