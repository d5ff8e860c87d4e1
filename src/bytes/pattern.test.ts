import { describe, expect, test } from "vitest";
import { hex } from "./hexdump.js";
import { fillPattern, patternByte } from "./pattern.js";

describe("the payload pattern", () => {
  test("is the one that recorded kernel cases carry", () => {
    const payload = new Uint8Array(13);
    fillPattern(payload, 0, 13, 19, 0);
    expect(hex(payload)).toBe("4e555c636a71787f868d949ba2");
  });

  test.each([0, 1, 19, 128, 255, 300])("is filled of seed %i as its formula says, in short and long pieces", (seed) => {
    for (const len of [0, 1, 47, 48, 255, 700, 70_000]) {
      for (const firstIndex of [0, 1, 255, 256, 60_001]) {
        const buf = new Uint8Array(len + 2).fill(0xee);
        fillPattern(buf, 1, len, seed, firstIndex);
        const expected = Uint8Array.from({ length: len }, (_, i) => patternByte(seed, firstIndex + i));
        expect(Buffer.compare(buf.subarray(1, len + 1), expected)).toBe(0);
        expect([buf[0], buf[len + 1]]).toEqual([0xee, 0xee]);
      }
    }
  });

  test("is the sum of its four terms", () => {
    expect(patternByte(0, 0)).toBe(1);
    expect(patternByte(2, 3)).toBe(7 * 3 + 31 * 2 + 1);
    expect(patternByte(0, 256)).toBe((7 * 256 + 13 + 1) & 255);
  });
});
