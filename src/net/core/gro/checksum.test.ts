import { describe, expect, test } from "vitest";
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY } from "../../../abi/features.js";
import { csumFold, csumPartial } from "../../../bytes/checksum.js";
import { EINPROGRESS } from "../../../skb/errno.js";
import { faultOf, makeMemory } from "../../../skb/testing/make.js";
import {
  nullComputePseudo,
  skbGroChecksumSimpleValidate,
  skbGroChecksumTryConvert,
  skbGroChecksumValidate,
  skbGroChecksumValidateZeroCheck,
  skbGroFlushFinalRemcsum,
  skbGroIncrCsumUnnecessary,
  skbGroPostpullRcsum,
  skbGroRemcsumCleanup,
  skbGroRemcsumInit,
  skbGroRemcsumProcess,
} from "./checksum.js";
import { groReadU16, skbGroResetOffset } from "./groHeader.js";
import { napiGroCb, skbGroPull } from "./napiGroCb.js";
import { inMemory } from "./testing/groPackets.js";

/** Sixteen bytes that sum to nothing: the last two are the checksum of the others. `damage` is added to the first. */
function summed(damage = 0, layout = {}) {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0, 0);
  const check = csumFold(csumPartial(bytes, 0, 16, 0));
  bytes.set([check >>> 8, check & 0xff], 14);
  bytes[0] = (bytes[0] as number) + damage;
  const skb = inMemory(makeMemory(), bytes, layout);
  skbGroResetOffset(skb);
  napiGroCb(skb).groRemcsumStart = 0xffff;
  return { skb, cb: napiGroCb(skb), bytes };
}

describe("validating", () => {
  test("sums the packet in software and says so to the stack", () => {
    const { skb, cb } = summed();
    expect(skbGroChecksumSimpleValidate(skb)).toBe(true);
    expect(skb.ipSummed).toBe(CHECKSUM_UNNECESSARY);
    expect(cb.csumValid).toBe(true);
  });

  test("finds a wrong checksum and leaves the state alone, but keeps the sum", () => {
    const { skb, cb } = summed(1);
    expect(skbGroChecksumSimpleValidate(skb)).toBe(false);
    expect(skb.ipSummed).toBe(CHECKSUM_NONE);
    expect(cb.csumValid).toBe(true);
  });

  test("counts the pseudo header in", () => {
    const { skb } = summed();
    expect(skbGroChecksumValidate(skb, 17, (_skb, proto) => proto)).toBe(false);
    expect(skbGroChecksumValidate(skb, 0xffff, (_skb, proto) => proto)).toBe(true);
  });

  test("believes the device's sum, and looks itself where that is wrong", () => {
    const { skb, cb, bytes } = summed();
    skb.ipSummed = CHECKSUM_COMPLETE;
    cb.csumValid = true;
    cb.csum = csumPartial(bytes, 0, 16, 0);
    expect(skbGroChecksumSimpleValidate(skb)).toBe(true);
    cb.csum = 1;
    expect(skbGroChecksumSimpleValidate(skb)).toBe(true);
    expect(csumFold(cb.csum)).toBe(0);
  });

  test("uses up what the device verified before summing anything", () => {
    const { skb, cb } = summed(1);
    skb.ipSummed = CHECKSUM_UNNECESSARY;
    cb.csumCnt = 1;
    expect(skbGroChecksumSimpleValidate(skb)).toBe(true);
    expect(cb.csumCnt).toBe(0);
    expect(skbGroChecksumSimpleValidate(skb)).toBe(false);
  });

  test("takes a field of 0 for none only where it is asked to", () => {
    expect(skbGroChecksumValidateZeroCheck(summed(1).skb, 17, 0, nullComputePseudo)).toBe(true);
    expect(skbGroChecksumValidateZeroCheck(summed(1).skb, 17, 5, nullComputePseudo)).toBe(false);
  });

  test("does not look at a checksum that the sender left to us, unless it is one further out", () => {
    const { skb, cb } = summed(1);
    skb.ipSummed = CHECKSUM_PARTIAL;
    skb.csumStart = skb.data;
    expect(skbGroChecksumSimpleValidate(skb)).toBe(true);
    expect(skb.ipSummed).toBe(CHECKSUM_PARTIAL);
    skbGroPull(skb, 2);
    expect(skbGroChecksumSimpleValidate(skb)).toBe(false);
    cb.groRemcsumStart = 2;
    expect(skbGroChecksumSimpleValidate(skb)).toBe(true);
  });
});

test("a checksum level rises with each verified checksum and stays at 3", () => {
  const { skb } = summed();
  for (const level of [0, 1, 2, 3, 3]) {
    skbGroIncrCsumUnnecessary(skb);
    expect(skb.csumLevel).toBe(level);
  }
});

describe("converting", () => {
  test("derives the sum from a checksum that is right: the complement of the pseudo header's", () => {
    const { skb, cb } = summed();
    skbGroChecksumTryConvert(skb, 17, () => 0x1234);
    expect(cb).toMatchObject({ csumValid: true, csum: 0xffffedcb });
  });

  test("leaves a sum alone that is known, or that more verified checksums stand for", () => {
    const known = summed().cb;
    known.csumValid = true;
    known.csum = 5;
    const { skb, cb } = summed();
    cb.csumCnt = 1;
    skbGroChecksumTryConvert(skb, 17, () => 0x1234);
    expect(cb.csumValid).toBe(false);
    cb.csumCnt = 0;
    cb.csumValid = true;
    skbGroChecksumTryConvert(skb, 17, () => 0x1234);
    expect(cb.csum).toBe(0);
  });
});

test("header bytes that are parsed leave the sum, in the linear part as in a fragment", () => {
  for (const layout of [{}, { linear: 0 }]) {
    const { skb, cb, bytes } = summed(0, layout);
    cb.csum = csumPartial(bytes, 0, 16, 0);
    skbGroPostpullRcsum(skb, 0, 4);
    expect(csumFold(cb.csum)).toBe(csumFold(csumPartial(bytes, 0, 16, 0)));
    cb.csumValid = true;
    skbGroPostpullRcsum(skb, 0, 4);
    expect(csumFold(cb.csum)).toBe(csumFold(csumPartial(bytes, 4, 12, 0)));
  }
});

describe("a tunnel's remote checksum", () => {
  test("is remembered by its place, so that the inner checksum counts as right", () => {
    const { skb, cb } = summed();
    cb.csumValid = true;
    expect(skbGroRemcsumProcess(skb, 0, 4, 2, 4, skbGroRemcsumInit(), false)).toBe(true);
    expect(cb.groRemcsumStart).toBe(6);
  });

  test("is filled in where it may not stay partial, and taken back afterwards", () => {
    const { skb, cb, bytes } = summed();
    cb.csumValid = true;
    // Of everything behind the four bytes of tunnel header.
    cb.csum = csumPartial(bytes, 4, 12, 0);
    const grc = skbGroRemcsumInit();
    const before = groReadU16(skb, 4 + 6);
    expect(skbGroRemcsumProcess(skb, 0, 4, 2, 6, grc, true)).toBe(true);
    expect(grc.offset).toBe(10);
    expect(groReadU16(skb, 10)).toBe(csumFold(csumPartial(bytes, 6, 10, 0)));
    skb.remcsumOffload = true;
    skbGroFlushFinalRemcsum(skb, null, 1, grc);
    expect(groReadU16(skb, 10)).toBe(before);
    expect(cb.flush).toBe(1);
    expect(skb.remcsumOffload).toBe(false);
  });

  test("fails when the field lies behind the packet", () => {
    const { skb, cb } = summed();
    cb.csumValid = true;
    expect(skbGroRemcsumProcess(skb, 0, 4, 2, 20, skbGroRemcsumInit(), true)).toBe(false);
  });

  test("stops the kernel without a sum", () => {
    const { skb } = summed();
    expect(faultOf(() => skbGroRemcsumProcess(skb, 0, 4, 2, 4, skbGroRemcsumInit(), false))).toBe(
      "BUG(gro-remcsum-no-sum)",
    );
  });

  test("is left alone when nothing was changed, or somebody else has the packet", () => {
    const { skb, cb } = summed();
    skbGroRemcsumCleanup(skb, { offset: 4, delta: 0 });
    skb.remcsumOffload = true;
    skbGroFlushFinalRemcsum(skb, -EINPROGRESS, 1, { offset: 4, delta: 7 });
    expect(groReadU16(skb, 4)).toBe(0x0506);
    expect(cb.flush).toBe(0);
    expect(skb.remcsumOffload).toBe(true);
  });
});
