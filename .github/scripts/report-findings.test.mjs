import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { issuesOf, mergeResults, summaryOf, titleOf } from "./report-findings.mjs";

const finding = (signature, more = {}) => ({
  law: "sibling-untouched",
  property: "flood/clone-isolation",
  signature,
  known: false,
  runsToFind: 7,
  secondsToFind: 0.1,
  shrinks: 3,
  recipe: { kind: "packets", members: [1, 2, 3] },
  expected: "gsoSize 100",
  received: "gsoSize 0",
  entry: `corpus/findings/${signature}.json`,
  replay: `npx skbcheck replay corpus/findings/${signature}.json`,
  ...more,
});
const result = (findings, more = {}) => ({
  version: 1,
  seed: 42,
  kernel: "mainline",
  engine: "model",
  runs: 1000,
  seconds: 2,
  runsPerSecond: 500,
  properties: [{ name: "flood/clone-isolation", runs: 1000, findings: findings.length }],
  laws: [
    { name: "sibling-untouched", applied: 900, broken: findings.length },
    { name: "never-applies", applied: 0, broken: 0 },
  ],
  findings,
  ...more,
});

describe("mergeResults", () => {
  test("keeps the smallest recipe of a signature and adds the rest up", () => {
    const small = finding("a", { recipe: { members: [1] } });
    const merged = mergeResults([result([finding("a"), finding("b")]), result([small])]);
    expect(merged.findings.map(({ signature, seenIn, recipe }) => [signature, seenIn, recipe.members.length])).toEqual([
      ["a", 2, 1],
      ["b", 1, 3],
    ]);
    expect(merged.runs).toBe(2000);
    expect(merged.laws.find(({ name }) => name === "sibling-untouched")).toMatchObject({ applied: 1800, broken: 3 });
    expect(merged.properties).toEqual([{ name: "flood/clone-isolation", runs: 2000 }]);
  });
  test("gives the same for any order of the shards", () => {
    const shards = [
      result([finding("b")]),
      result([finding("a", { recipe: {} })]),
      result([finding("a", { recipe: [] })]),
    ];
    expect(mergeResults(shards)).toEqual(mergeResults([...shards].reverse()));
  });
});

describe("issuesOf", () => {
  test("makes one issue for each new bucket, with the line that replays it", () => {
    const issues = issuesOf(
      mergeResults([result([finding("a")]), result([finding("a"), finding("b", { known: true })])]),
    );
    expect(issues.map(({ title }) => title)).toEqual(["fuzz: sibling-untouched broken [a]"]);
    expect(issues[0].body).toContain("npx skbcheck replay corpus/findings/a.json");
    expect(issues[0].body).toContain('"members":[1,2,3]');
  });
  test("does not open what has an issue already, even under a changed title", () => {
    const merged = mergeResults([result([finding("a"), finding("ab"), finding("c")])]);
    const existing = [{ title: titleOf(finding("a")) }, { title: "Clones see each other's gsoSize [c]" }];
    expect(issuesOf(merged, { existing }).map(({ title }) => title)).toEqual(["fuzz: sibling-untouched broken [ab]"]);
  });
  test("opens nothing for a kernel whose bugs are switched on", () => {
    expect(issuesOf(mergeResults([result([finding("a")], { kernel: "v6.4" })]))).toEqual([]);
  });
});

describe("summaryOf", () => {
  test("tells runs, findings and laws that never applied", () => {
    const summary = summaryOf(mergeResults([result([finding("a|b")])]));
    expect(summary).toContain("1000 runs in 1 shards, kernel mainline, seed 42: 1 new findings, 0 known.");
    expect(summary).toContain("| `a\\|b` | sibling-untouched | flood/clone-isolation | 1 | no |");
    expect(summary).toContain("never applied, a defect of the generators: never-applies.");
  });
  test("says when no shard left a result", () => {
    expect(summaryOf(mergeResults([]))).toContain("No shard left a result");
  });
});

test("the script reads files and prints issues as JSON lines", () => {
  const folder = mkdtempSync(join(tmpdir(), "report-findings-"));
  try {
    const files = ["1", "2"].map((shard) => join(folder, `result-${shard}.json`));
    for (const file of files) writeFileSync(file, JSON.stringify(result([finding("a")])));
    const titles = join(folder, "titles.json");
    writeFileSync(titles, "[]");
    const script = fileURLToPath(new URL("./report-findings.mjs", import.meta.url));
    const print = (...args) => execFileSync(process.execPath, [script, ...args], { encoding: "utf8" });
    const lines = print("--issues", "--existing", titles, "--run", "https://example.org/run", ...files)
      .trim()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line).title)).toEqual(["fuzz: sibling-untouched broken [a]"]);
    expect(print(...files)).toContain("2000 runs in 2 shards");
    expect(print(join(folder, "result-*.json"))).toContain("No shard left a result");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
