import { expect, test } from "vitest";
import { getU16, getU16le, getU32, putU16, putU16le, putU32 } from "./view.js";

test("numbers come out of the bytes in the order that the name says", () => {
  const buf = Uint8Array.of(0, 0x81, 0x02, 0x03, 0xf4);
  expect(getU16(buf, 1)).toBe(0x8102);
  expect(getU16le(buf, 1)).toBe(0x0281);
  expect(getU32(buf, 1)).toBe(0x810203f4);
});

test("numbers go into the bytes in the order that the name says, cut to their width", () => {
  const buf = new Uint8Array(10);
  putU16(buf, 1, 0x1_8102);
  putU16le(buf, 3, 0x1_8102);
  putU32(buf, 5, 0xf1e2d3c4);
  expect([...buf]).toEqual([0, 0x81, 0x02, 0x02, 0x81, 0xf1, 0xe2, 0xd3, 0xc4, 0]);
});

test("reading gives back what was written", () => {
  const buf = new Uint8Array(8);
  for (const value of [0, 1, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    putU32(buf, 1, value);
    expect(getU32(buf, 1)).toBe(value);
    putU16(buf, 5, value);
    expect(getU16(buf, 5)).toBe(value & 0xffff);
    putU16le(buf, 5, value);
    expect(getU16le(buf, 5)).toBe(value & 0xffff);
  }
});
