import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sampleRecipe } from "../laws/testing/sampleRun.js";
import { type FuzzResult, formatResult, resultParser, resultSchemaText } from "./json.js";
import { palette, plain, wantsColour } from "./palette.js";
import { Progress, type ProgressState, progressLine } from "./progress.js";
import { table, wrap } from "./table.js";
import { findingText, knownText, summaryText } from "./text.js";

const state: ProgressState = {
  runs: 1200,
  runsPerSecond: 399.6,
  secondsLeft: 41.2,
  newFindings: 1,
  knownFindings: 2,
  doing: "flood/x",
};

describe("findingText", () => {
  const finding = {
    law: "sibling-untouched",
    sentence: "A sibling sees nothing.",
    property: "flood/x",
    expected: "91",
    received: "0",
    place: "gso_size",
    at: { holder: 1 },
    recipe: sampleRecipe(() => {}),
    history: "found in run 7, shrunk in 3 steps",
    replay: "npx skbcheck replay x.json",
  };

  test("says what was expected, what came, where, and what to type next", () => {
    expect(findingText(finding, plain)).toEqual([
      "FOUND sibling-untouched  A sibling sees nothing.",
      "  expected  91",
      "  received  0",
      "  where     gso_size (holder 1)",
      "  recipe    ipv6 udp multicast fraglist gso_size=1: head 1 linear | holders port",
      "  property  flood/x, found in run 7, shrunk in 3 steps",
      "  replay    npx skbcheck replay x.json",
    ]);
  });

  test("known findings take one line", () => {
    expect(knownText({ signature: "a@b", times: 1, entry: "" })).toBe("known a@b, seen once");
    expect(knownText({ signature: "a@b", times: 4, entry: "x.json" })).toBe("known a@b, seen 4 times, x.json");
  });

  test("the summary counts, and names laws that never applied", () => {
    const summary = {
      runs: 20,
      seconds: 1.25,
      runsPerSecond: 16,
      properties: 2,
      newFindings: 0,
      knownFindings: 1,
      ended: "stopped by Ctrl-C",
      neverApplied: ["rare"],
    };
    expect(summaryText(summary, plain)).toEqual([
      "nothing new found, 1 known: 20 runs of 2 properties in 1.3 s (16/s), stopped by Ctrl-C",
      "never applied: rare",
    ]);
    expect(summaryText({ ...summary, newFindings: 2, knownFindings: 0, ended: "", neverApplied: [] }, plain)).toEqual([
      "2 findings: 20 runs of 2 properties in 1.3 s (16/s)",
    ]);
  });
});

describe("progress", () => {
  const drawn = (isTTY: boolean, times: readonly number[], columns = 80) => {
    const written: string[] = [];
    const clock = [...times];
    const progress = new Progress({
      write: (text) => written.push(text),
      isTTY,
      columns: () => columns,
      now: () => clock.shift() ?? 0,
      colours: plain,
    });
    return { written, progress };
  };

  test("is one line", () => {
    expect(progressLine(state)).toBe("1200 runs, 400/s, 42 s left, 1 new finding, 2 known, flood/x");
    expect(progressLine({ ...state, secondsLeft: undefined, newFindings: 0, doing: "" })).toBe(
      "1200 runs, 400/s, 0 new findings, 2 known",
    );
  });

  test("elsewhere than on a terminal comes a plain line every five seconds", () => {
    const { written, progress } = drawn(false, [0, 100, 5000, 5100, 10_000]);
    for (let i = 0; i < 4; i++) progress.update(state);
    progress.clear();
    expect(written).toEqual([`${progressLine(state)}\n`, `${progressLine(state)}\n`]);
  });

  test("on a terminal the line is drawn over itself and never wraps", () => {
    const { written, progress } = drawn(true, [0, 50, 200], 20);
    for (let i = 0; i < 3; i++) progress.update(state);
    progress.clear();
    progress.clear();
    const line = `\r\u001b[2K${progressLine(state).slice(0, 19)}`;
    expect(written).toEqual([line, line, "\r\u001b[2K"]);
  });
});

describe("colour", () => {
  test("needs a terminal and no NO_COLOR", () => {
    expect(wantsColour(true, {})).toBe(true);
    expect(wantsColour(true, { NO_COLOR: "" })).toBe(true);
    expect(wantsColour(true, { NO_COLOR: "1" })).toBe(false);
    expect(wantsColour(true, { TERM: "dumb" })).toBe(false);
    expect(wantsColour(false, {})).toBe(false);
  });

  test("a plain palette changes nothing", () => {
    expect(plain.bad("text")).toBe("text");
    expect(palette(true).bad("text")).toContain("\u001b[");
  });
});

describe("table and wrap", () => {
  test("aligns columns without blanks at the end", () => {
    expect(
      table(
        [
          ["a", "bb", ""],
          ["ccc", "d", "e"],
        ],
        "> ",
      ),
    ).toEqual(["> a    bb", "> ccc  d   e"]);
  });

  test("breaks at blanks and leaves long words whole", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("unbreakable", 4, "  ")).toEqual(["  unbreakable"]);
    expect(wrap("")).toEqual([]);
  });
});

describe("the JSON result", () => {
  const result: FuzzResult = {
    version: 1,
    seed: 42,
    kernel: "v6.4",
    engine: "model",
    runs: 20000,
    seconds: 3.10049,
    runsPerSecond: 6450.6,
    properties: [{ name: "flood/clone-isolation", runs: 20000, findings: 1 }],
    laws: [{ name: "sibling-untouched", applied: 19211, broken: 1 }],
    findings: [
      {
        law: "sibling-untouched",
        property: "flood/clone-isolation",
        signature: "sibling-untouched@gso_size",
        known: false,
        runsToFind: 7,
        secondsToFind: 0.01,
        shrinks: 31,
        recipe: sampleRecipe(() => {}) as FuzzResult["findings"][number]["recipe"],
        expected: "91",
        received: "0",
        entry: "corpus/findings/x.json",
        replay: "npx skbcheck replay corpus/findings/x.json",
      },
    ],
  };

  test("is read back by its own parser, with times rounded", () => {
    const read = resultParser.parse(JSON.parse(formatResult(result)));
    expect(read).toEqual({ ...result, seconds: 3.1, runsPerSecond: 6451 });
  });

  test("has its keys in the order that the design shows", () => {
    const read = JSON.parse(formatResult(result));
    expect(Object.keys(read)).toEqual([
      "version",
      "seed",
      "kernel",
      "engine",
      "runs",
      "seconds",
      "runsPerSecond",
      "properties",
      "laws",
      "findings",
    ]);
  });

  test("refuses a field that the schema does not have", () => {
    expect(resultParser.safeParse({ ...result, extra: 1 }).success).toBe(false);
    expect(resultParser.safeParse({ ...result, version: 2 }).success).toBe(false);
  });

  test("docs/result.schema.json is what the parser says", () => {
    const written = readFileSync(join(process.cwd(), "docs", "result.schema.json"), "utf8");
    expect(written).toBe(resultSchemaText());
  });
});
