import { describe, expect, test } from "vitest";
import { describeDifference, fromHex, hex, hexdump } from "./hexdump.js";

const all = Uint8Array.from({ length: 256 }, (_, i) => i);

describe("hex", () => {
  test("writes only the bytes of the view it is given", () => {
    expect(hex(Uint8Array.of(0xaa, 0x00, 0x0f, 0xbb).subarray(1, 3))).toBe("000f");
    expect(hex(new Uint8Array(0))).toBe("");
  });

  test("counts what lies beyond the limit", () => {
    expect(hex(all, 3)).toBe("000102…(+253)");
    expect(hex(all.subarray(0, 3), 3)).toBe("000102");
  });

  test("is undone by fromHex, for every byte, either case and any white space", () => {
    expect(fromHex(hex(all))).toEqual(all);
    expect([...fromHex(" aB\n0c\tDD ")]).toEqual([0xab, 0x0c, 0xdd]);
  });

  test("fromHex names the place of what is no digit", () => {
    expect(() => fromHex("00 1x")).toThrow('hex text: expected a digit at position 4, found "x"');
    expect(() => fromHex("001")).toThrow("hex text: expected a second digit at position 3, found the end");
  });
});

test("hexdump gives sixteen bytes a line with offset and characters", () => {
  const lines = hexdump(all.subarray(0x38, 0x4a)).split("\n");
  expect(lines).toEqual([
    "0000  38 39 3a 3b 3c 3d 3e 3f 40 41 42 43 44 45 46 47  89:;<=>?@ABCDEFG",
    "0010  48 49                                            HI",
  ]);
  expect(hexdump(Uint8Array.of(0, 0x7f, 0xff))).toMatch(/ {2}\.\.\.$/);
});

describe("describeDifference", () => {
  test("shows both sides from the first difference on", () => {
    const received = all.slice(0, 20);
    received[4] = 0xee;
    expect(describeDifference(all.subarray(0, 20), received)).toBe(
      "at byte 4: expected 0405060708090a0b.. got ee05060708090a0b..",
    );
  });

  test("says where one side ended", () => {
    expect(describeDifference(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2))).toBe(
      "at byte 2: expected 03 got the end (lengths 3 and 2)",
    );
  });

  test("says that there is none", () => {
    expect(describeDifference(all, all.slice())).toBe("equal, 256 bytes");
  });
});
