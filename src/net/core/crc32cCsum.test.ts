import { describe, expect, test } from "vitest";
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, SKB_GSO_SCTP } from "../../abi/features.js";
import { putBytes, readU32 } from "../../skb/bytes.js";
import { EINVAL, ENOMEM } from "../../skb/errno.js";
import { SKBFL_SHARED_FRAG } from "../../skb/SharedInfo.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import {
  clonesOf,
  failAllocations,
  faultOf,
  flatten,
  makeMemory,
  makeSkb,
  reportsOf,
  type Shape,
} from "../../skb/testing/make.js";
import { emitSctp, sctpChecksum } from "../../wire/sctp.js";
import { sctpComputeCksum, skbCrc32cCsumHelp } from "./crc32cCsum.js";

/** An SCTP packet behind ten bytes, its checksum partial; `linear` counts what is behind its header. */
function packet(shape: Shape = {}): SkBuff {
  const skb = makeSkb(makeMemory(), { tailroom: 64, ...shape, linear: 22 + (shape.linear ?? 30) });
  const header = new Uint8Array(12);
  emitSctp(header, 0, { source: 1, dest: 2, vtag: 3 });
  putBytes(skb, skb.data + 10, header);
  skb.transportHeader = skb.data + 10;
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumNotInet = true;
  skb.csumStart = skb.transportHeader;
  skb.csumOffset = 8;
  return skb;
}

const right = (skb: SkBuff): number => sctpChecksum(flatten(skb), 10, skb.len - 10);
const stored = (skb: SkBuff): number => readU32(skb, skb.transportHeader + 8);

describe("skb_crc32c_csum_help", () => {
  test.each<[string, Shape]>([
    ["linear", {}],
    ["fragments", { frags: [33, 1, 200] }],
    ["a list", { members: [{ linear: 7 }, { linear: 3, frags: [5] }] }],
  ])("%s: the CRC over header and chunks, and the checksum is nobody's business any more", (_name, shape) => {
    const skb = packet(shape);
    expect(skbCrc32cCsumHelp(skb)).toBe(0);
    expect([stored(skb), skb.ipSummed, skb.csumNotInet]).toEqual([right(skb), CHECKSUM_NONE, false]);
  });

  test("a checksum that is not partial, and a GSO packet: untouched", () => {
    const summed = packet();
    summed.ipSummed = CHECKSUM_UNNECESSARY;
    const gso = packet({ gsoSize: 10, gsoType: SKB_GSO_SCTP });
    for (const skb of [summed, gso]) {
      const before = flatten(skb);
      expect(skbCrc32cCsumHelp(skb)).toBe(0);
      expect([flatten(skb), skb.csumNotInet]).toEqual([before, true]);
    }
  });

  test("fragments that somebody may change are made linear first, or -ENOMEM", () => {
    const skb = packet({ frags: [40] });
    skb.shinfo.flags = SKBFL_SHARED_FRAG;
    expect([skbCrc32cCsumHelp(skb), skb.dataLen, stored(skb)]).toEqual([0, 0, right(skb)]);
    const failing = packet({ frags: [400], tailroom: 0 });
    failing.shinfo.flags = SKBFL_SHARED_FRAG;
    failAllocations(failing.mem, 1);
    expect(skbCrc32cCsumHelp(failing)).toBe(-ENOMEM);
  });

  test("a field outside of the linear part: warned of, -EINVAL", () => {
    const skb = packet();
    skb.csumStart += 60;
    expect(skbCrc32cCsumHelp(skb)).toBe(-EINVAL);
    expect(skb.mem.warnings.map(({ id }) => id)).toEqual(["checksum-field-outside"]);
  });

  test("a head that others share is made private, or -ENOMEM", () => {
    const skb = packet();
    const [clone, other] = clonesOf(skb, 2) as [SkBuff, SkBuff];
    expect([skbCrc32cCsumHelp(clone), stored(clone), stored(skb)]).toEqual([0, right(skb), 0]);
    expect(reportsOf(skb.mem)).toEqual([]);
    failAllocations(skb.mem, 1);
    expect(skbCrc32cCsumHelp(other)).toBe(-ENOMEM);
  });
});

describe("sctp_compute_cksum", () => {
  test("does not count the field, and leaves it as it was", () => {
    const skb = packet({ frags: [9] });
    const expected = right(skb);
    putBytes(skb, skb.transportHeader + 8, Uint8Array.of(9, 9, 9, 9));
    expect(sctpComputeCksum(skb, 10)).toBe(expected);
    expect(stored(skb)).toBe(0x09090909);
  });

  test("bytes that are not there: BUG(csum-short)", () => {
    const skb = packet();
    skb.len += 5;
    skb.dataLen += 5;
    expect(faultOf(() => sctpComputeCksum(skb, 10))).toBe("BUG(csum-short)");
  });
});
