import { expect, test } from "vitest";
import { divergencesParser } from "./divergences.js";

const one = { id: "bridge-1", reason: "leaves XDP out" };

test("a list of ids with reasons is read, an empty one too", () => {
  expect(divergencesParser.parse([one])).toEqual([one]);
  expect(divergencesParser.parse([])).toEqual([]);
});

test.each([
  ["a case without a reason", [{ id: "bridge-1", reason: "" }]],
  ["a field that nobody knows", [{ ...one, note: "" }]],
  ["a case that is listed twice", [one, { ...one, reason: "another" }]],
  ["anything but a list", {}],
])("%s is refused", (_, value) => {
  expect(divergencesParser.safeParse(value).success).toBe(false);
});
