import { describe, expect, test } from "vitest";
import { checkSources } from "./architecture/checkSources.js";
import { sourceFiles } from "./architecture/projectFiles.js";

const files = sourceFiles("src", "properties");

describe("the architecture", () => {
  test("was read from the sources", () => {
    expect(files.map(({ path }) => path)).toContain("src/recipe/Recipe.ts");
    expect(files.length).toBeGreaterThan(50);
  });
  test("is kept by every file", () => {
    expect(checkSources(files).join("\n")).toBe("");
  });
});
