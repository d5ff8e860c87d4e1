import { describe, expect, test } from "vitest";
import {
  csum16Add,
  csum16Sub,
  csumAdd,
  csumBlockAdd,
  csumBlockSub,
  csumFold,
  csumPartial,
  csumReplace2,
  csumReplace4,
  csumShift,
  csumSub,
  pseudoSumV4,
  pseudoSumV6,
  replaceByDiff16,
} from "./checksum.js";
import { fillPattern } from "./pattern.js";
import { putU16, putU32 } from "./view.js";

/** Slow and obvious: one word after the other, with its carry. */
function slowSum(buf: Uint8Array, start: number, len: number): number {
  let sum = 0;
  for (let i = 0; i < len; i += 2) {
    const word = buf[start + i]! * 256 + (i + 1 < len ? buf[start + i + 1]! : 0);
    sum += word;
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

/** What can be observed of a sum: its value modulo 65535, and whether it is zero. */
function observable(sum: number): string {
  return sum === 0 ? "zero" : `nonzero ${sum % 0xffff}`;
}

function pattern(len: number): Uint8Array {
  const buf = new Uint8Array(len);
  fillPattern(buf, 0, len, 3, 0);
  return buf;
}

describe("csumPartial", () => {
  test("agrees with a slow sum at every alignment and every length up to 420", () => {
    const buf = pattern(512);
    for (let start = 0; start < 9; start += 1) {
      for (let len = 0; len <= 420; len += 1) {
        const found = observable(csumPartial(buf, start, len, 0));
        expect(found, `start ${start} length ${len}`).toBe(observable(slowSum(buf, start, len)));
      }
    }
  });

  test("counts alignment from the memory behind a subarray", () => {
    const whole = pattern(4096);
    for (let shift = 0; shift < 8; shift += 1) {
      const view = whole.subarray(shift, shift + 3001);
      expect(observable(csumPartial(view, 1, 3000, 0))).toBe(observable(slowSum(view, 1, 3000)));
    }
  });

  test("agrees with a slow sum on long ranges at drawn places", () => {
    const buf = pattern(70_000);
    let draw = 1;
    for (let i = 0; i < 60; i += 1) {
      draw = (Math.imul(draw, 1103515245) + 12345) >>> 0;
      const start = draw % 4000;
      const len = (draw >>> 8) % 65_537;
      const found = observable(csumPartial(buf, start, len, 0));
      expect(found, `start ${start} length ${len}`).toBe(observable(slowSum(buf, start, len)));
    }
  });

  test("agrees with a slow sum on more words than are summed at once", () => {
    const buf = pattern(5_000_001);
    expect(observable(csumPartial(buf, 1, 5_000_000, 0))).toBe(observable(slowSum(buf, 1, 5_000_000)));
  });

  test.each([0, 1, 2, 31, 32, 159, 160, 161, 200, 65_536])("is zero for %i zero bytes and only then", (len) => {
    expect(csumPartial(new Uint8Array(len), 0, len, 0)).toBe(0);
    for (const at of len === 0 ? [] : [0, len >> 1, len - 1]) {
      const buf = new Uint8Array(len);
      buf[at] = 1;
      expect(csumPartial(buf, 0, len, 0)).not.toBe(0);
    }
  });

  test.each([2, 30, 160, 202, 65_536])("is a nonzero multiple of 65535 for %i bytes of ff", (len) => {
    expect(observable(csumPartial(new Uint8Array(len).fill(0xff), 0, len, 0))).toBe("nonzero 0");
  });

  test("adds to the initial sum with the carry brought round", () => {
    const buf = Uint8Array.of(0x00, 0x02);
    expect(csumPartial(buf, 0, 2, 0xffff_ffff)).toBe(2);
    expect(csumPartial(buf, 0, 2, 5)).toBe(7);
    expect(csumPartial(buf, 0, 0, 0xdead_beef)).toBe(0xdead_beef);
  });

  test("can be put together from two blocks at any boundary", () => {
    const buf = pattern(601);
    const sum = csumPartial(buf, 0, 601, 0);
    for (let cut = 0; cut <= 601; cut += 1) {
      const first = csumPartial(buf, 0, cut, 0);
      const second = csumPartial(buf, cut, 601 - cut, 0);
      expect(observable(csumBlockAdd(first, second, cut)), `cut at ${cut}`).toBe(observable(sum));
      // Taking everything away leaves the other zero, ffff.
      const left = cut === 0 ? "nonzero 0" : observable(first);
      expect(observable(csumBlockSub(sum, second, cut)), `cut at ${cut}`).toBe(left);
    }
  });
});

describe("ones-complement arithmetic", () => {
  test("adds with the carry brought round", () => {
    expect(csumAdd(0xffff_ffff, 0)).toBe(0xffff_ffff);
    expect(csumAdd(0xffff_ffff, 1)).toBe(1);
    expect(csumAdd(0xffff_ffff, 0xffff_ffff)).toBe(0xffff_ffff);
    expect(csumAdd(0, 0)).toBe(0);
  });

  test("subtracts what was added", () => {
    expect(csumSub(csumAdd(0x1234_5678, 0xfedc_ba98), 0xfedc_ba98)).toBe(0x1234_5678);
    expect(csumSub(5, 5)).toBe(0xffff_ffff);
  });

  test("folds zero to ffff and every other multiple of 65535 to zero", () => {
    expect(csumFold(0)).toBe(0xffff);
    expect(csumFold(0xffff)).toBe(0);
    expect(csumFold(0xffff_ffff)).toBe(0);
    expect(csumFold(0xffff_0000)).toBe(0);
    expect(csumFold(0x1fffe)).toBe(0);
    expect(csumFold(0x0001_0002)).toBe(0xfffc);
    expect(csumFold(0xffff_fffe)).toBe(0x0001);
  });

  test("shifts by a byte at odd offsets only", () => {
    expect(csumShift(0x1234_5678, 0)).toBe(0x1234_5678);
    expect(csumShift(0x1234_5678, 2)).toBe(0x1234_5678);
    expect(csumShift(0x1234_5678, 7)).toBe(0x7812_3456);
    expect(csumShift(0x0000_00ff, 1)).toBe(0xff00_0000);
  });

  test("adds and subtracts sixteen bits with the carry brought round", () => {
    expect(csum16Add(0xffff, 1)).toBe(1);
    expect(csum16Add(0x1234, 0x4321)).toBe(0x5555);
    expect(csum16Sub(csum16Add(0x9abc, 0xf00d), 0xf00d)).toBe(0x9abc);
    expect(csum16Sub(7, 7)).toBe(0xffff);
  });
});

describe("replacing under a checksum", () => {
  test("gives the checksum that a full computation gives", () => {
    const buf = pattern(64);
    const before = csumFold(csumPartial(buf, 0, 64, 0));
    const old16 = (buf[10]! << 8) | buf[11]!;
    putU16(buf, 10, 0xbeef);
    const middle = csumFold(csumPartial(buf, 0, 64, 0));
    expect(csumReplace2(before, old16, 0xbeef)).toBe(middle);

    const old32 = ((buf[20]! << 24) | (buf[21]! << 16) | (buf[22]! << 8) | buf[23]!) >>> 0;
    putU32(buf, 20, 0xffff_0001);
    const after = csumFold(csumPartial(buf, 0, 64, 0));
    expect(csumReplace4(middle, old32, 0xffff_0001)).toBe(after);

    const fromBytes = buf.slice(32, 48);
    buf.set(pattern(80).subarray(64), 32);
    expect(replaceByDiff16(after, fromBytes, buf.subarray(32, 48))).toBe(csumFold(csumPartial(buf, 0, 64, 0)));
  });

  test("follows RFC 1624 in its example, where the result is zero", () => {
    expect(csumReplace2(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
    expect(csumReplace4(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
    expect(replaceByDiff16(0xdd2f, Uint8Array.of(0x55, 0x55), Uint8Array.of(0x32, 0x85))).toBe(0x0000);
  });
});

describe("pseudo headers", () => {
  /** The pseudo header written out as bytes, as the RFCs draw it. */
  function written(addresses: Uint8Array, len: number, proto: number): number {
    const header = new Uint8Array(addresses.length + 8);
    header.set(addresses);
    putU32(header, addresses.length, len);
    putU32(header, addresses.length + 4, proto);
    return slowSum(header, 0, header.length);
  }

  test.each([0, 8, 1480, 0xffff, 0x1_0007, 0x00ff_ffff])("of length %i equal the written-out form", (len) => {
    const buf = new Uint8Array(48).fill(0xfe);
    fillPattern(buf, 3, 40, 9, 0);
    expect(observable(pseudoSumV4(buf, 3, 7, len, 17, 0))).toBe(observable(written(buf.subarray(3, 11), len, 17)));
    expect(observable(pseudoSumV6(buf, 3, 19, len, 17, 0))).toBe(observable(written(buf.subarray(3, 35), len, 17)));
  });

  test("carry beyond 32 bits comes round and the initial sum counts", () => {
    const ones = new Uint8Array(32).fill(0xff);
    expect(pseudoSumV4(ones, 0, 4, 8, 17, 0xffff_ffff)).toBe(8 + 17);
    expect(pseudoSumV6(ones, 0, 16, 8, 17, 3)).toBe(8 + 17 + 3);
  });
});
