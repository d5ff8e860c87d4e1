import { describe, expect, test } from "vitest";
import { editDistance, nearest, suggestion } from "./suggest.js";

const NAMES = ["fuzz", "replay", "show", "vectors", "properties"];

describe("nearest", () => {
  test.each([
    ["fuz", "fuzz"],
    ["fzuz", "fuzz"],
    ["relpay", "replay"],
    ["prop", "properties"],
    ["vector", "vectors"],
  ])("takes %s for %s", (typed, meant) => {
    expect(nearest(typed, NAMES)).toBe(meant);
  });

  test("finds nothing for a word that is near to no name", () => {
    expect(nearest("kubernetes", NAMES)).toBeUndefined();
    expect(suggestion("kubernetes", NAMES)).toBe("");
  });

  test("counts a swap of neighbours as one edit", () => {
    expect(editDistance("sohw", "show")).toBe(1);
    expect(editDistance("", "show")).toBe(4);
    expect(editDistance("replay", "replay")).toBe(0);
  });
});
