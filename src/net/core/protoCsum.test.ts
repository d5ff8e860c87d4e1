import { describe, expect, test } from "vitest";
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY } from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { concat } from "../../bytes/concat.js";
import { putU16, putU32 } from "../../bytes/view.js";
import { putBytes, readU16 } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { makeMemory, makeSkb, payload } from "../../skb/testing/make.js";
import { inetProtoCsumReplace2, inetProtoCsumReplace4, inetProtoCsumReplace16 } from "./protoCsum.js";

const REST = payload(30, 0, 5);
const bytes4 = (value: number): Uint8Array => {
  const out = new Uint8Array(4);
  putU32(out, 0, value);
  return out;
};
const bytes2 = (value: number): Uint8Array => {
  const out = new Uint8Array(2);
  putU16(out, 0, value);
  return out;
};
/** The checksum over a changeable part and the rest, computed from scratch. */
const checksumOver = (part: Uint8Array): number =>
  csumFold(csumPartial(concat([part, REST]), 0, part.length + REST.length, 0));

/** A packet whose checksum field, at its start, holds `check`. */
function packet(ipSummed: number, check: number): SkBuff {
  const skb = makeSkb(makeMemory(), { linear: 40 });
  skb.ipSummed = ipSummed;
  putBytes(skb, skb.data, bytes2(check));
  return skb;
}
const field = (skb: SkBuff): number => readU16(skb, skb.data);

const FROM = 0x0a000001;
const TO = 0xc000024d;

describe("inet_proto_csum_replace4", () => {
  test.each([CHECKSUM_NONE, CHECKSUM_UNNECESSARY, CHECKSUM_COMPLETE])(
    "not PARTIAL (%d): the field follows",
    (ipSummed) => {
      const skb = packet(ipSummed, checksumOver(bytes4(FROM)));
      inetProtoCsumReplace4(skb, skb.data, FROM, TO, true);
      expect(field(skb)).toBe(checksumOver(bytes4(TO)));
    },
  );

  test("COMPLETE and pseudo header: the complete sum follows the field", () => {
    const skb = packet(CHECKSUM_COMPLETE, 0x1111);
    skb.csum = 0x12345678;
    inetProtoCsumReplace4(skb, skb.data, FROM, TO, false);
    expect(skb.csum).toBe(0x12345678);
    inetProtoCsumReplace4(skb, skb.data, FROM, TO, true);
    // The packet's own sum went down by what the pseudo header's went up.
    expect(csumFold(skb.csum)).toBe(
      csumFold(csumPartial(concat([bytes4(0x12345678), bytes4(FROM), bytes4(~TO)]), 0, 12, 0)),
    );
  });

  test("PARTIAL: only a change of the pseudo header shows", () => {
    const pseudo = ~checksumOver(bytes4(FROM)) & 0xffff;
    const skb = packet(CHECKSUM_PARTIAL, pseudo);
    inetProtoCsumReplace4(skb, skb.data, FROM, TO, false);
    expect(field(skb)).toBe(pseudo);
    inetProtoCsumReplace4(skb, skb.data, FROM, TO, true);
    expect(field(skb)).toBe(~checksumOver(bytes4(TO)) & 0xffff);
  });
});

describe("inet_proto_csum_replace2", () => {
  test("not PARTIAL: the field follows", () => {
    const skb = packet(CHECKSUM_NONE, checksumOver(bytes2(1000)));
    inetProtoCsumReplace2(skb, skb.data, 1000, 4001, false);
    expect(field(skb)).toBe(checksumOver(bytes2(4001)));
  });

  test("PARTIAL: a port is not in the pseudo header", () => {
    const skb = packet(CHECKSUM_PARTIAL, 0x2222);
    inetProtoCsumReplace2(skb, skb.data, 1000, 4001, false);
    expect(field(skb)).toBe(0x2222);
  });
});

describe("inet_proto_csum_replace16", () => {
  const from = payload(16, 100);
  const to = payload(16, 200);

  test("not PARTIAL: the field follows", () => {
    const skb = packet(CHECKSUM_UNNECESSARY, checksumOver(from));
    inetProtoCsumReplace16(skb, skb.data, from, to);
    expect(field(skb)).toBe(checksumOver(to));
  });

  test("PARTIAL: the folded pseudo header sum follows", () => {
    const skb = packet(CHECKSUM_PARTIAL, ~checksumOver(from) & 0xffff);
    inetProtoCsumReplace16(skb, skb.data, from, to);
    expect(field(skb)).toBe(~checksumOver(to) & 0xffff);
  });

  test("never touches skb.csum", () => {
    const skb = packet(CHECKSUM_COMPLETE, 0x3333);
    skb.csum = 77;
    inetProtoCsumReplace16(skb, skb.data, from, to);
    expect(skb.csum).toBe(77);
  });
});
