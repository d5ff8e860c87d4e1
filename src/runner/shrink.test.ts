import { describe, expect, test } from "vitest";
import { drawRecipe } from "../arbitraries/draw.js";
import { flood } from "../arbitraries/flood.js";
import { law } from "../laws/law.js";
import { type Recipe, schema } from "../recipe/Recipe.js";
import { leastOf } from "../recipe/schema.js";
import { checkLaws } from "./checkRun.js";
import { shrink, shrinkSteps } from "./shrink.js";
import { fakeEngine, lawBrokenIf, violation } from "./testing/fakes.js";

const source = flood();
const least = leastOf(schema.packets);

/** The first drawn recipe that breaks the law, with its finding. */
function found(broken: ReturnType<typeof lawBrokenIf>): {
  recipe: Recipe;
  finding: ReturnType<typeof checkLaws>["findings"][0];
} {
  for (let index = 0; index < 5000; index++) {
    const recipe = drawRecipe(source, 7, "shrink", index).value;
    const finding = checkLaws(recipe, fakeEngine(), [broken]).findings[0];
    if (finding !== undefined) return { recipe, finding };
  }
  throw new Error(`no drawn recipe breaks ${broken.name}`);
}

describe("shrink", () => {
  test("ends at the smallest recipe that still breaks the law", () => {
    const wide = lawBrokenIf("wide", ({ packet, holders }) => packet.members.length >= 3 && holders.length >= 2);
    const result = shrink({ source, engine: fakeEngine(), laws: [wide], ...found(wide) });
    const member = leastOf(schema.member);
    const holder = leastOf(schema.holder);
    expect(result.recipe).toEqual({
      ...least,
      packet: { ...least.packet, members: [member, member, member] },
      holders: [holder, holder],
    });
    expect(result.ended).toBe("smallest");
    expect(result.steps).toBeGreaterThan(0);
    expect(result.finding.received).toBe("3 members");
  });

  test("finds the boundary of a number exactly", () => {
    const large = lawBrokenIf("large", ({ packet }) => packet.members.some(({ payload }) => payload > 1234));
    const result = shrink({ source, engine: fakeEngine(), laws: [large], ...found(large) });
    expect(result.recipe.packet.members.map(({ payload }) => payload)).toEqual([1235]);
  });

  test("keeps the signature, although a smaller recipe breaks the same law elsewhere", () => {
    const places = law({
      name: "places",
      law: "Nothing breaks.",
      standsFor: [],
      check: ({ recipe }) => [violation(recipe.packet.members.length >= 2 ? "list" : "head")],
    });
    const result = shrink({ source, engine: fakeEngine(), laws: [places], ...pick(places, "list") });
    expect(result.finding.signature).toBe("places@list");
    expect(result.recipe.packet.members).toHaveLength(2);
  });

  test("stops when the budget is used up, with a recipe that still breaks the law", () => {
    const wide = lawBrokenIf("wide", ({ packet }) => packet.members.length >= 2);
    const engine = fakeEngine();
    const result = shrink({ source, engine, laws: [wide], ...found(wide), budget: 5 });
    expect(engine.ran).toHaveLength(5);
    expect(result).toMatchObject({ tried: 5, ended: "budget" });
    expect(checkLaws(result.recipe, fakeEngine(), [wide]).broken).toEqual(["wide"]);
  });

  test("gives the same result every time, and from a recipe read back from JSON", () => {
    const wide = lawBrokenIf("wide", ({ packet }) => packet.members.length >= 2);
    const { recipe, finding } = found(wide);
    const once = shrink({ source, engine: fakeEngine(), laws: [wide], recipe, finding });
    const again = shrink({
      source,
      engine: fakeEngine(),
      laws: [wide],
      recipe: JSON.parse(JSON.stringify(recipe)),
      finding,
    });
    expect(again).toEqual(once);
  });

  test("does not run the same candidate twice, nor laws that were not broken", () => {
    const wide = lawBrokenIf("wide", ({ packet }) => packet.members.length >= 2);
    const unwanted = law({
      name: "unwanted",
      law: "Unwanted.",
      standsFor: [],
      check: () => {
        throw new Error("not to be asked");
      },
    });
    const engine = fakeEngine();
    shrink({ source, engine, laws: [unwanted, wide], ...found(wide) });
    const texts = engine.ran.map((recipe) => JSON.stringify(recipe));
    expect(new Set(texts).size).toBe(texts.length);
  });

  test("reports a valid recipe after every candidate", () => {
    const wide = lawBrokenIf("wide", ({ packet }) => packet.members.length >= 2);
    const seen: number[] = [];
    for (const { recipe, tried } of shrinkSteps({ source, engine: fakeEngine(), laws: [wide], ...found(wide) })) {
      expect(recipe.packet.members.length).toBeGreaterThanOrEqual(2);
      seen.push(tried);
    }
    expect(seen).toEqual(seen.map((_, at) => at + 1));
  });
});

/** A drawn recipe whose finding is at a place. */
function pick(broken: ReturnType<typeof lawBrokenIf>, place: string) {
  for (let index = 0; index < 5000; index++) {
    const recipe = drawRecipe(source, 11, "shrink", index).value;
    const finding = checkLaws(recipe, fakeEngine(), [broken]).findings.find((it) => it.place === place);
    if (finding !== undefined) return { recipe, finding };
  }
  throw new Error(`nothing found at ${place}`);
}
