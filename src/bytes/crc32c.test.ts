import { describe, expect, test } from "vitest";
import { crc32c } from "./crc32c.js";

const finished = (bytes: Uint8Array): number => ~crc32c(bytes, 0, bytes.length, 0xffffffff) >>> 0;

describe("crc32c", () => {
  // RFC 3720 section B.4, read as little-endian words.
  test.each([
    ["the check value of the polynomial", new TextEncoder().encode("123456789"), 0xe3069283],
    ["32 bytes of zeroes", new Uint8Array(32), 0x8a9136aa],
    ["32 bytes of ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["32 incrementing bytes", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["32 decrementing bytes", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ["nothing", new Uint8Array(0), 0],
  ])("%s", (_name, bytes, expected) => {
    expect(finished(bytes)).toBe(expected);
  });

  test("continues where it was left, whatever lies around the range", () => {
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => 7 * i);
    const whole = crc32c(bytes, 3, 30, 0xffffffff);
    expect(crc32c(bytes, 14, 19, crc32c(bytes, 3, 11, 0xffffffff))).toBe(whole);
    bytes[2] = bytes[33] = 0xff;
    expect(crc32c(bytes, 3, 30, 0xffffffff)).toBe(whole);
  });
});
