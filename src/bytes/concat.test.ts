import { expect, test } from "vitest";
import { concat } from "./concat.js";

test("parts follow each other in order, empty ones leave nothing", () => {
  const parts = [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(9, 3, 4, 9).subarray(1, 3)];
  expect([...concat(parts)]).toEqual([1, 2, 3, 4]);
  expect(concat([])).toHaveLength(0);
});

test("the result is a copy", () => {
  const part = Uint8Array.of(1, 2);
  const whole = concat([part]);
  part[0] = 7;
  expect([...whole]).toEqual([1, 2]);
});
