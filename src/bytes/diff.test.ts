import { expect, test } from "vitest";
import { equalBytes, firstDifference } from "./diff.js";

test.each([0, 1, 5, 63, 64, 65, 1000])("arrays of %i bytes differ exactly where one byte was changed", (len) => {
  const a = Uint8Array.from({ length: len }, (_, i) => (7 * i) & 255);
  expect(firstDifference(a, a.slice())).toBe(-1);
  expect(equalBytes(a, a.slice())).toBe(true);
  for (let at = 0; at < len; at += 1) {
    const b = a.slice();
    b[at]! ^= 0x80;
    expect(firstDifference(a, b)).toBe(at);
    expect(equalBytes(a, b)).toBe(false);
  }
});

test("the first of several differences counts", () => {
  expect(firstDifference(Uint8Array.of(1, 2, 3, 4), Uint8Array.of(1, 9, 3, 9))).toBe(1);
});

test.each([1, 80])("a missing tail behind %i bytes is a difference at the shorter length", (len) => {
  const long = new Uint8Array(len + 3);
  expect(firstDifference(long, long.slice(0, len))).toBe(len);
  expect(firstDifference(long.slice(0, len), long)).toBe(len);
  expect(equalBytes(long, long.slice(0, len))).toBe(false);
});
