import { describe, expect, test } from "vitest";
import { bool, choice, type Field, int, leastOf, list, struct } from "../recipe/schema.js";
import { hasShape, sizeOf, smallerThan } from "./shrinkData.js";

const ttl = int("hop limit", { min: 0, max: 255, least: 64, sharp: [0, 1, 63, 255] });
const flags = struct("flags", { a: bool("a"), b: bool("b") });
const rows = list("rows", flags, { min: 1, max: 9 });

const smaller = (field: Field, value: unknown) => [...smallerThan(field, value)];

describe("smallerThan", () => {
  test("takes a number to its least first, then to nearer sharp values, then halfway", () => {
    expect(smaller(ttl, 128)).toEqual([64, 63, 1, 96, 112, 120, 124, 126, 127]);
    expect(smaller(ttl, 62)).toEqual([64, 63]);
    expect(smaller(ttl, 64)).toEqual([]);
  });

  test("takes a choice to the names before it", () => {
    const exit = choice("exit", ["port", "local", "tap"]);
    expect(smaller(exit, "tap")).toEqual(["port", "local"]);
    expect(smaller(exit, "port")).toEqual([]);
  });

  test("drops runs of list elements, longest first, never below the least length", () => {
    const numbers = list("numbers", int("n", { min: 0, max: 9 }), { min: 1, max: 9 });
    expect(smaller(numbers, [0, 0, 0])).toEqual([[0], [0, 0], [0, 0], [0, 0]]);
    expect(smaller(numbers, [0])).toEqual([]);
  });

  test("clears a flag in all rows at once before it looks at single rows", () => {
    const both = [
      { a: true, b: false },
      { a: true, b: true },
    ];
    expect(smaller(rows, both)[2]).toEqual([
      { a: false, b: false },
      { a: false, b: true },
    ]);
  });

  test("tries the least struct before its fields", () => {
    expect(smaller(flags, { a: true, b: true })).toEqual([
      { a: false, b: false },
      { a: false, b: true },
      { a: true, b: false },
    ]);
  });

  test("keeps numbers inside a range that was narrowed after the value was saved", () => {
    expect(smaller(int("n", { min: 10, max: 20 }), 25)).toEqual([10, 18]);
  });
});

describe("sizeOf", () => {
  test("is 0 for the least data only", () => {
    const all = struct("all", { ttl, rows, exit: choice("exit", ["port", "tap"]) });
    expect(sizeOf(all, leastOf(all))).toBe(0);
    expect(sizeOf(all, { ...leastOf(all), ttl: 0 })).toBe(64);
    expect(sizeOf(all, { ...leastOf(all), exit: "tap" })).toBe(1);
    expect(sizeOf(all, { ...leastOf(all), rows: [leastOf(flags), { a: true, b: true }] })).toBe(3);
  });
});

describe("hasShape", () => {
  test("looks at types and names and not at ranges", () => {
    expect(hasShape(flags, { a: true, b: false })).toBe(true);
    expect(hasShape(flags, { a: true })).toBe(false);
    expect(hasShape(flags, { a: true, b: false, c: true })).toBe(false);
    expect(hasShape(flags, { a: 1, b: false })).toBe(false);
    expect(hasShape(flags, [true, false])).toBe(false);
    expect(hasShape(rows, [])).toBe(false);
    expect(hasShape(ttl, 1000)).toBe(true);
    expect(hasShape(ttl, 1.5)).toBe(false);
    expect(hasShape(ttl, null)).toBe(false);
  });
});
