/** The laws that every arbitrary of recipes keeps. */
import { describe, expect, test } from "vitest";
import { type Recipe, recipeParser, schema } from "../recipe/Recipe.js";
import { leastOf } from "../recipe/schema.js";
import { drawRecipe, type RecipeSource, shrinksOf } from "./draw.js";
import { flood } from "./flood.js";
import { arbitraryOf } from "./fromSchema.js";
import { narrow } from "./narrow.js";
import { sizeOf } from "./shrinkData.js";

const NARROW = { members: { min: 2, max: 5 }, holders: { min: 2, max: 3 }, switches: 0 };

const SOURCES: readonly [string, RecipeSource<Recipe>, Recipe][] = [
  ["the bare declaration", { arbitrary: arbitraryOf(schema.packets) }, leastOf(schema.packets)],
  ["flood()", flood(), leastOf(schema.packets)],
  [
    "a narrow flood",
    flood(NARROW),
    leastOf(narrow(schema.packets, { "packet.members": NARROW.members, holders: NARROW.holders })),
  ],
];

const draws = (source: RecipeSource<Recipe>, count: number): Recipe[] =>
  Array.from({ length: count }, (_, index) => drawRecipe(source, 42, "laws", index).value);

describe.each(SOURCES)("%s", (_, source, least) => {
  test("draws only recipes that the parser accepts", () => {
    const refused = draws(source, 1000).filter((recipe) => !recipeParser.safeParse(recipe).success);
    expect(refused).toEqual([]);
  });

  test("draws plain data that survives JSON", () => {
    for (const recipe of draws(source, 200)) expect(JSON.parse(JSON.stringify(recipe))).toStrictEqual(recipe);
  });

  test("offers only candidates that are strictly smaller and valid", () => {
    for (const recipe of draws(source, 40)) {
      const size = sizeOf(schema.packets, recipe);
      const candidates = [...shrinksOf(source, recipe)].map(({ value }) => value);
      expect(candidates.filter((candidate) => sizeOf(schema.packets, candidate) >= size)).toEqual([]);
      expect(candidates.filter((candidate) => !recipeParser.safeParse(candidate).success)).toEqual([]);
    }
  });

  test("shrinks a recipe from JSON to the least one, whichever candidates are taken", () => {
    for (const [at, drawn] of draws(source, 20).entries()) {
      let recipe: Recipe = JSON.parse(JSON.stringify(drawn));
      for (let step = 0; ; step++) {
        // Now the boldest candidate, now one of those behind it.
        const next = nth(shrinksOf(source, recipe), (at + step) % 7);
        if (next === undefined) break;
        recipe = next;
      }
      expect(recipe).toEqual(least);
    }
  });
});

test("What flood() shrinks towards is the least of the declaration.", () => {
  const [recipe] = draws(flood(), 1);
  expect(shrinksOf(flood(), recipe as Recipe).next().value).toEqual({
    value: leastOf(schema.packets),
    context: undefined,
  });
});

/** The n-th candidate, or the last when there are fewer. */
function nth(candidates: Iterable<{ readonly value: Recipe }>, n: number): Recipe | undefined {
  let last: Recipe | undefined;
  let at = 0;
  for (const { value } of candidates) {
    last = value;
    if (at++ === n) break;
  }
  return last;
}
