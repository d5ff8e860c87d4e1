import { expect, test } from "vitest";
import { type CorpusEntry, ENTRY_FORMAT } from "../corpus/entry.js";
import { schema } from "../recipe/Recipe.js";
import { leastOf } from "../recipe/schema.js";
import { replayEntry } from "./replay.js";
import { emptyRun, fakeEngine, lawBrokenIf } from "./testing/fakes.js";

const entry: CorpusEntry = {
  format: ENTRY_FORMAT,
  title: "tall at somewhere",
  why: "",
  property: "flood/tall",
  kernel: "mainline",
  bugs: [],
  law: "tall",
  place: "somewhere",
  signature: "tall@somewhere",
  seed: 1,
  index: 0,
  runsToFind: 1,
  foundBy: "0.1.0",
  expected: "whole",
  received: "broken",
  recipe: leastOf(schema.packets),
};

test("A replay says whether the saved signature is still there, and which other laws fail.", () => {
  const other = lawBrokenIf("other", () => true);
  const still = replayEntry(entry, fakeEngine(), [lawBrokenIf("tall", () => true), other]);
  expect(still).toMatchObject({ stillFails: true, broken: ["tall", "other"] });
  const moved = replayEntry(entry, fakeEngine(), [lawBrokenIf("tall", () => true, "elsewhere"), other]);
  expect(moved).toMatchObject({ stillFails: false, broken: ["tall", "other"] });
  expect(replayEntry(entry, fakeEngine(), [lawBrokenIf("tall", () => false)]).stillFails).toBe(false);
});

test("Equal runs have equal digests, and another run has another.", () => {
  const once = replayEntry(entry, fakeEngine(), []);
  expect(replayEntry(entry, fakeEngine(), []).digest).toBe(once.digest);
  const changed = { ...fakeEngine(), run: () => ({ ...emptyRun(entry.recipe), allocations: 1 }) };
  expect(replayEntry(entry, changed, []).digest).not.toBe(once.digest);
});
