import { describe, expect, test } from "vitest";
import { fromHex, hex } from "../bytes/hexdump.js";
import { parseFrame } from "./frame.js";
import {
  emitIpv6Extension,
  emitIpv6Fragment,
  type Ipv6ExtensionKind,
  ipv6ExtensionLength,
  nexthdrOf,
} from "./ipv6Ext.js";

const KINDS: readonly Ipv6ExtensionKind[] = ["hop-by-hop", "destination", "routing", "home-address"];

interface TlvOption {
  readonly type: number;
  readonly at: number;
  readonly length: number;
}

/** The options of a header in the way of ip6_parse_tlv; throws where Linux would drop the packet. */
function optionsOf(bytes: Uint8Array): TlvOption[] {
  const options: TlvOption[] = [];
  let padding = 0;
  for (let at = 2; at < bytes.length; ) {
    const type = bytes[at]!;
    const length = type === 0 ? 1 : 2 + bytes[at + 1]!;
    if (at + length > bytes.length) throw new Error(`option at ${at} runs past the header`);
    if (type <= 1) {
      padding += length;
      if (padding > 7) throw new Error(`padding of more than seven bytes at ${at}`);
      if (bytes.subarray(at + 2, at + length).some((byte) => byte !== 0)) throw new Error(`padding at ${at} not zero`);
    } else {
      padding = 0;
      options.push({ type, at, length });
    }
    at += length;
  }
  return options;
}

describe("emitIpv6Extension", () => {
  test.each(["hop-by-hop", "destination"] as const)("gives a %s header whose options end where it ends", (kind) => {
    for (let units = 0; units <= 255; units += 1) {
      const buf = new Uint8Array(2100).fill(0xee);
      const length = emitIpv6Extension(buf, 5, kind, units, 17);
      expect(length).toBe(8 * (units + 1));
      expect([...buf.subarray(5, 7)]).toEqual([17, units]);
      // The two highest bits of a type ask a receiver that does not know it: 00 is to skip it.
      for (const { type } of optionsOf(buf.subarray(5, 5 + length))) expect(type & 0xc0).toBe(0);
      expect([buf[4], buf[5 + length]]).toEqual([0xee, 0xee]);
    }
  });

  test("pads the smallest header with one option of zeros", () => {
    const buf = new Uint8Array(8).fill(0xee);
    emitIpv6Extension(buf, 0, "hop-by-hop", 0, 17);
    expect(hex(buf)).toBe("1100010400000000");
  });

  test.each([0, 1, 2, 3, 4, 255])("puts a home address at byte 6 of a header of %i units, or of two", (units) => {
    const buf = new Uint8Array(2100);
    const length = emitIpv6Extension(buf, 0, "home-address", units, 60);
    expect(length).toBe(8 * (Math.max(units, 2) + 1));
    expect([...buf.subarray(0, 2)]).toEqual([60, length / 8 - 1]);
    expect(optionsOf(buf.subarray(0, length))[0]).toEqual({ type: 0xc9, at: 6, length: 18 });
    expect(buf[8]).not.toBe(0xff); // a multicast address would be refused
  });

  test.each([0, 1, 4])("gives a routing header of %i units with no segment left", (units) => {
    const buf = new Uint8Array(48).fill(0xee);
    const length = emitIpv6Extension(buf, 0, "routing", units, 17);
    expect(length).toBe(8 * (units + 1));
    expect([...buf.subarray(0, 4)]).toEqual([17, units, 253, 0]);
    expect(buf[length]).toBe(0xee);
  });

  test("announces each kind by its number", () => {
    expect(KINDS.map(nexthdrOf)).toEqual([0, 60, 43, 60]);
  });

  test("gives chains that a dissector follows to their end", () => {
    for (const first of KINDS) {
      for (const second of KINDS) {
        const frame = new Uint8Array(14 + 40 + 80 + 8);
        frame.set(fromHex("020000000002 020000000001 86dd 60"));
        frame[20] = nexthdrOf(first);
        const middle = 54 + emitIpv6Extension(frame, 54, first, 3, nexthdrOf(second));
        const l4Offset = middle + emitIpv6Extension(frame, middle, second, 1, 17);
        expect(l4Offset).toBe(54 + ipv6ExtensionLength(first, 3) + ipv6ExtensionLength(second, 1));
        expect(parseFrame(frame)).toMatchObject({ l4Offset, l4Proto: 17, payloadOffset: l4Offset + 8 });
      }
    }
  });
});

test("emitIpv6Fragment writes the header that a kernel was seen to send", () => {
  const buf = new Uint8Array(10);
  const fragment = { nexthdr: 17, offset: 16, more: true, identification: 0x3d3d228b };
  expect(emitIpv6Fragment(buf, 1, fragment)).toBe(8);
  expect(hex(buf)).toBe("00110000113d3d228b00");
  emitIpv6Fragment(buf, 1, { ...fragment, offset: 40, more: false });
  expect(hex(buf)).toBe("00110000283d3d228b00");
});
