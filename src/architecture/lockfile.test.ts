import { describe, expect, test } from "vitest";
import { lockfileProblems } from "./lockfile.js";

const lock = (packages: object): string => JSON.stringify({ packages });

describe("lockfileProblems", () => {
  test("finds a platform's package that was left out", () => {
    const compiler = {
      "node_modules/tool": { optionalDependencies: { "@tool/linux": "1.0.0", "@tool/mac": "1.0.0" } },
    };
    expect(lockfileProblems(lock({ ...compiler, "node_modules/@tool/linux": {} }))).toEqual([
      "node_modules/tool may need @tool/mac, which has no entry: npm ci would fail",
    ]);
    const nested = { "node_modules/@tool/linux": {}, "node_modules/tool/node_modules/@tool/mac": {} };
    expect(lockfileProblems(lock({ ...compiler, ...nested }))).toEqual([]);
  });
  test("finds where a package was downloaded from", () => {
    const problems = lockfileProblems(lock({ "node_modules/a": { resolved: "https://registry.example/a.tgz" } }));
    expect(problems).toEqual([
      "node_modules/a was resolved from https://registry.example/a.tgz: set omit-lockfile-registry-resolved",
      "a registry is named: https://registry.example",
    ]);
  });
});
