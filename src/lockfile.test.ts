import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Lockfile, lockfileProblems } from "./architecture/lockfile.js";
import { projectRoot } from "./architecture/projectFiles.js";

const text = readFileSync(join(projectRoot(), "package-lock.json"), "utf8");

describe("package-lock.json", () => {
  test("installs on every platform and names no registry", () => {
    expect(lockfileProblems(text).join("\n")).toBe("");
  });
  test("locks more than the project itself", () => {
    expect(Object.keys((JSON.parse(text) as Lockfile).packages).length).toBeGreaterThan(10);
  });
});
