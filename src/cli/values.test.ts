import { describe, expect, test } from "vitest";
import { matchesGlob, parseCount, parseDuration, parseSeed, parseShard } from "./values.js";

describe("parseDuration", () => {
  test.each([
    ["60s", 60],
    ["5m", 300],
    ["1h", 3600],
    ["250ms", 0.25],
    ["1.5m", 90],
  ])("%s is %d seconds", (text, seconds) => {
    expect(parseDuration("--time", text)).toBe(seconds);
  });

  test.each(["", "s", "60", "-1s", "0s", "1e3s", "60 s", "5M", "25h", "Infinitys"])("refuses %j", (text) => {
    expect(() => parseDuration("--time", text)).toThrow(/^--time: expected a duration/);
  });
});

describe("parseShard", () => {
  test("counts parts from 1 and the index from 0", () => {
    expect(parseShard("1/4")).toEqual({ index: 0, count: 4 });
    expect(parseShard("4/4")).toEqual({ index: 3, count: 4 });
  });

  test.each(["0/4", "5/4", "1/0", "0/0", "1", "a/b", "1/4/2", "-1/4", "1.5/2"])("refuses %j", (text) => {
    expect(() => parseShard(text)).toThrow(/expected I\/N/);
  });
});

describe("numbers", () => {
  test("a seed has 32 bits", () => {
    expect(parseSeed("4294967295")).toBe(0xffffffff);
    expect(() => parseSeed("4294967296")).toThrow(/--seed/);
  });

  test("both ends of a range are in it", () => {
    expect(parseCount("--runs", "1", { min: 1, max: 3 })).toBe(1);
    expect(parseCount("--runs", "3", { min: 1, max: 3 })).toBe(3);
    expect(() => parseCount("--runs", "4", { min: 1, max: 3 })).toThrow(/from 1 up to 3, got "4"/);
  });
});

describe("matchesGlob", () => {
  test.each([
    ["flood/*", "flood/loud", true],
    ["*", "flood/loud", true],
    ["flood/lou?", "flood/loud", true],
    ["flood", "flood/loud", false],
    ["flood.loud", "flood/loud", false],
    ["*(", "flood/loud", false],
  ])("%s against %s is %s", (pattern, name, matches) => {
    expect(matchesGlob(pattern, name)).toBe(matches);
  });
});
