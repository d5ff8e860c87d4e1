import { describe, expect, test } from "vitest";
import { drawRecipe, shrinksOf } from "./draw.js";
import { flood } from "./flood.js";

const source = flood();
const at = (seed: number, stream: string, index: number) => drawRecipe(source, seed, stream, index).value;

describe("drawRecipe", () => {
  test("gives the same recipe for the same seed, stream and index, whatever was drawn before", () => {
    const forwards = Array.from({ length: 50 }, (_, index) => at(42, "flood/x", index));
    const backwards = Array.from({ length: 50 }, (_, index) => at(42, "flood/x", 49 - index)).reverse();
    expect(backwards).toEqual(forwards);
    expect(drawRecipe(flood(), 42, "flood/x", 7).value).toEqual(forwards[7]);
  });

  test("gives another recipe for another seed, stream or index", () => {
    const numbers = [0, 1, 2, 41, 42, 2 ** 31, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const drawn = [
      ...numbers.map((seed) => at(seed, "flood/x", 5)),
      ...numbers.map((index) => at(1000, "flood/x", index)),
      ...["flood/y", "flood/xx", "", "x/flood"].map((stream) => at(1000, stream, 1000)),
    ];
    expect(new Set(drawn.map((recipe) => JSON.stringify(recipe))).size).toBe(drawn.length);
  });

  test("is not fooled by seed and index changing places", () => {
    expect(at(3, "flood/x", 4)).not.toEqual(at(4, "flood/x", 3));
  });

  test("draws small recipes often at first and seldom later", () => {
    const sizes = (from: number) =>
      Array.from({ length: 600 }, (_, i) => at(42, "flood/x", from + i).packet.members.length);
    const long = (from: number) => sizes(from).filter((members) => members > 4).length;
    expect(long(0)).toBeGreaterThan(5);
    expect(long(1_000_000)).toBeGreaterThan(long(0) * 1.15);
  });

  test("pins what seed 42 draws, because saved seeds lose their meaning when this changes", () => {
    const { packet, holders } = at(42, "pinned", 0);
    expect({
      gso: packet.gso,
      members: packet.members.length,
      exits: holders.map(({ exit }) => exit),
    }).toMatchInlineSnapshot(`
      {
        "exits": [
          "local",
          "port",
        ],
        "gso": "fraglist",
        "members": 2,
      }
    `);
  });
});

describe("shrinksOf", () => {
  test("shrinks a recipe read back from JSON exactly as the drawn one", () => {
    for (let index = 0; index < 20; index++) {
      const { value, context } = drawRecipe(source, 1, "flood/x", index);
      const direct = [...shrinksOf(source, value, context)].map(({ value: smaller }) => smaller);
      const readBack = [...shrinksOf(source, JSON.parse(JSON.stringify(value)))].map(({ value: smaller }) => smaller);
      expect(readBack).toEqual(direct);
      expect(direct.length).toBeGreaterThan(0);
    }
  });

  test("has nothing to offer for what is no recipe", () => {
    expect([...shrinksOf(source, { kind: "packets" } as never)]).toEqual([]);
  });
});
