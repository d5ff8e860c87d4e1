import { describe, expect, test } from "vitest";
import { schema } from "../recipe/Recipe.js";
import { choice, int, list, parserOf } from "../recipe/schema.js";
import { drawRecipe } from "./draw.js";
import { fieldAt } from "./fieldPath.js";
import { arbitraryOf } from "./fromSchema.js";
import { narrow } from "./narrow.js";
import { checkOdds } from "./odds.js";

const packets = schema.packets;

describe("narrow", () => {
  test("takes parts of a declaration or whole ones, and leaves the rest and the original alone", () => {
    const before = JSON.stringify(packets);
    const narrowed = narrow(packets, {
      "packet.members": list("two or three", schema.member, { min: 2, max: 3 }),
      "holders.exit": { names: ["local"] },
      "turns.*": { max: 1 },
      "packet.hopLimit": { max: 1 },
    });
    for (let index = 0; index < 200; index++) {
      const recipe = drawRecipe({ arbitrary: arbitraryOf(narrowed) }, 3, "narrow", index).value;
      expect(parserOf(packets).safeParse(recipe).success).toBe(true);
      expect([2, 3]).toContain(recipe.packet.members.length);
      expect(recipe.holders.every(({ exit }) => exit === "local")).toBe(true);
      expect(recipe.turns.every((turn) => turn <= 1)).toBe(true);
      expect(recipe.packet.hopLimit).toBeLessThanOrEqual(1);
    }
    expect(fieldAt(narrowed, "packet.head")).toBe(fieldAt(packets, "packet.head"));
    expect(JSON.stringify(packets)).toBe(before);
  });

  test("moves least, usual and sharp values into the new range", () => {
    const narrowed = narrow(packets, { "packet.head.headroom": { min: 100, max: 120 } });
    expect(fieldAt(narrowed, "packet.head.headroom")).toMatchObject({ least: 100, usual: 120, sharp: [] });
  });

  test.each([
    ["packet.memebers", { max: 3 }, /"packet.memebers": "memebers" is none of seed, .*members/],
    ["holders.exit.names", { max: 3 }, /nothing lies below "what it finally does: .*", so "names" does not exist/],
    ["packet.members", { max: 65 }, /"packet.members": 0 to 65 is wider than the declared 0 to 64/],
    ["packet.members", { min: 5, max: 4 }, /5 to 4 is no range/],
    ["packet.gsoSize", { min: -1 }, /-1 to 65535 is wider/],
    ["packet.gsoSize", { min: 0.5 }, /0.5 to 65535 is no range/],
    ["packet.gsoSize", choice("size", ["one"]), /of type int, not choice/],
    ["packet.gsoSize", { names: ["x"] }, /a field of type int has no "names"/],
    ["packet.gso", { names: ["esp"] }, /"esp" is none of fraglist, udp-l4/],
    ["packet.gso", { names: [] }, /no names are left/],
    ["packet.members", list("numbers", int("n", { min: 0, max: 1 }), { max: 3 }), /of type struct, not int/],
    ["constructor", { max: 1 }, /"constructor" is none of/],
  ])("refuses %s with %o", (path, narrowing, message) => {
    expect(() => narrow(packets, { [path]: narrowing })).toThrow(message);
  });
});

describe("checkOdds", () => {
  test.each([
    ["packet.dodgi", 0.5, /"dodgi" is none of/],
    ["packet.dodgy", 2, /expected a chance from 0 to 1, got 2/],
    ["packet.dodgy", { yes: 1 }, /weights are for a choice/],
    ["packet.gso", { esp: 1 }, /"esp" is none of/],
    ["packet.gso", { ufo: -1 }, /-1 is no weight/],
    ["packet.gso", { ufo: 0 }, /every weight is 0/],
    ["packet", 0.5, /a struct has no odds/],
  ])("refuses %s with %o", (path, odd, message) => {
    expect(() => checkOdds(packets, { [path]: odd } as never)).toThrow(message);
  });
});
