import { describe, expect, test } from "vitest";
import { Digest } from "./digest.js";

const of = (v: unknown): string => new Digest().value(v).hex();

describe("Digest", () => {
  test("gives sixteen digits that stay the same from release to release", () => {
    expect(of({ a: [1, -1, 2.5, true, null], b: Uint8Array.of(1, 2, 3, 4, 5), c: "text" })).toMatchInlineSnapshot(
      `"6e5e3fab796cddc8"`,
    );
    expect(new Digest().hex()).toMatchInlineSnapshot(`"dd23b6d275c5c1d1"`);
  });

  test("is equal for equal data", () => {
    const data = () => ({ a: [1, { b: "x" }], c: Uint8Array.of(9, 8, 7), d: undefined });
    expect(of(data())).toBe(of(data()));
    const shifted = Uint8Array.of(0, 9, 8, 7, 0).subarray(1, 4);
    expect(of(shifted)).toBe(of(Uint8Array.of(9, 8, 7)));
  });

  test("tells apart values that look alike", () => {
    const values: unknown[] = [
      ...[0, 1, -1, 0.5, 2 ** 32, 2 ** 32 + 1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 1e-300],
      ...["", "0", "1", "a", "aa", "\u0100", true, false, null, undefined],
      ...[[], [0], [[]], [[], []], [0, 0], [undefined], {}, { a: 0 }, { b: 0 }, { a: 0, b: 0 }, { b: 0, a: 0 }],
      ...[new Uint8Array(0), new Uint8Array(1), new Uint8Array(4), new Uint8Array(5), Uint8Array.of(0, 0, 0, 0, 1)],
    ];
    expect(new Set(values.map(of)).size).toBe(values.length);
  });

  test("tells apart where one piece ends and the next begins", () => {
    const pieces = (...texts: string[]) => texts.reduce((digest, text) => digest.text(text), new Digest()).hex();
    expect(pieces("ab", "c")).not.toBe(pieces("a", "bc"));
    expect(pieces("abc")).not.toBe(pieces("abc", ""));
  });

  test("has no collision among the single-bit changes of a packet, nor among a hundred thousand numbers", () => {
    const seen = new Set<string>();
    const packet = new Uint8Array(1000);
    for (let bit = 0; bit < 8000; bit += 1) {
      packet[bit >> 3]! ^= 1 << (bit & 7);
      seen.add(new Digest().bytes(packet).hex());
      packet[bit >> 3]! ^= 1 << (bit & 7);
    }
    for (let n = 0; n < 100_000; n += 1) seen.add(new Digest().number(n).hex());
    expect(seen.size).toBe(108_000);
  });

  test("depends on the order of what it takes in, and asking for it changes nothing", () => {
    const digest = new Digest().number(1);
    const before = digest.hex();
    expect(digest.hex()).toBe(before);
    expect(digest.number(2).hex()).toBe(new Digest().number(1).number(2).hex());
    expect(digest.hex()).not.toBe(new Digest().number(2).number(1).hex());
  });

  test("counts both zeros alike", () => {
    expect(of(-0)).toBe(of(0));
  });

  test("refuses what is no plain data", () => {
    expect(() => of({ f: () => 1 })).toThrow("Digest.value: expected plain data, got a function");
  });
});
