import { describe, expect, test } from "vitest";
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY } from "../abi/features.js";
import { csumFold, csumPartial } from "../bytes/checksum.js";
import { readU16, writeU16 } from "./bytes.js";
import {
  skbChecksumHelp,
  skbHasSharedFrag,
  skbPartialCsumSet,
  skbPostpullRcsum,
  skbPostpushRcsum,
  skbPullRcsum,
} from "./checksumHelp.js";
import { EINVAL, ENOMEM } from "./errno.js";
import { skbPush } from "./pushPull.js";
import { SKBFL_SHARED_FRAG } from "./SharedInfo.js";
import type { SkBuff } from "./SkBuff.js";
import {
  clonesOf,
  failAllocations,
  faultOf,
  flatten,
  makeMemory,
  makeSkb,
  must,
  payload,
  type Shape,
} from "./testing/make.js";

/** A packet whose checksum lies at `start + offset`, seeded with 0x1111. */
function partial(shape: Shape, start: number, offset: number): SkBuff {
  const skb = makeSkb(makeMemory(), shape);
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.data + start;
  skb.csumOffset = offset;
  if (skb.data + start >= 0 && start + offset + 2 <= skb.headlen) writeU16(skb, skb.csumStart + offset, 0x1111);
  return skb;
}

const foldOf = (bytes: Uint8Array): number => csumFold(csumPartial(bytes, 0, bytes.length, 0));
const warningsOf = (skb: SkBuff): string[] => skb.mem.warnings.map((one) => `${one.kind} ${one.id}`);

describe("skb_checksum_help", () => {
  test("completes the field, over fragments and members", () => {
    const skb = partial({ linear: 31, frags: [9], members: [{ linear: 7 }] }, 5, 6);
    const wanted = foldOf(flatten(skb).slice(5));
    expect(skbChecksumHelp(skb)).toBe(0);
    expect([readU16(skb, skb.data + 11), skb.ipSummed]).toEqual([wanted, CHECKSUM_NONE]);
  });

  test("stores 0xffff for a sum of zero", () => {
    const skb = partial({ linear: 8 }, 0, 6);
    for (let at = 0; at < 8; at += 2) writeU16(skb, skb.data + at, at === 0 ? 0xffff : 0);
    expect(skbChecksumHelp(skb)).toBe(0);
    expect(readU16(skb, skb.data + 6)).toBe(0xffff);
  });

  test("has nothing to complete for a packet summed by the device", () => {
    const skb = makeSkb(makeMemory(), { linear: 8, gsoSize: 3 });
    skb.ipSummed = CHECKSUM_COMPLETE;
    expect([skbChecksumHelp(skb), skb.ipSummed, flatten(skb)]).toEqual([0, CHECKSUM_NONE, payload(8)]);
  });

  test("refuses a GSO packet with a warning", () => {
    const skb = partial({ linear: 30, gsoSize: 3 }, 0, 6);
    expect([skbChecksumHelp(skb), warningsOf(skb)]).toEqual([-EINVAL, ["WARN bad-offload"]]);
  });

  test.each([
    ["starts in front of data", -1, 6],
    ["starts behind the linear part", 20, 0],
    ["ends behind the linear part", 13, 6],
  ])("refuses, with a warning, a field that %s", (_, start, offset) => {
    const skb = partial({ linear: 20, frags: [20] }, start, offset);
    expect([skbChecksumHelp(skb), warningsOf(skb)]).toEqual([-EINVAL, ["WARN checksum-field-outside"]]);
    expect(skb.ipSummed).toBe(CHECKSUM_PARTIAL);
  });

  test("accepts a field that ends with the linear part", () => {
    expect(skbChecksumHelp(partial({ linear: 20, frags: [20] }, 12, 6))).toBe(0);
  });

  test("takes fragments that others may change into the linear part first", () => {
    const skb = partial({ linear: 20, frags: [20] }, 0, 6);
    skb.shinfo.flags = SKBFL_SHARED_FRAG;
    const wanted = foldOf(flatten(skb));
    expect(skbHasSharedFrag(skb)).toBe(true);
    expect([skbChecksumHelp(skb), skb.dataLen, readU16(skb, skb.data + 6)]).toEqual([0, 0, wanted]);
    expect(skbHasSharedFrag(skb)).toBe(false);
  });

  test("writes into a private copy, and not into its clones'", () => {
    const skb = partial({ linear: 20 }, 0, 6);
    const clone = must(clonesOf(skb, 1)[0]);
    expect([skbChecksumHelp(clone), skb.mem.reports]).toEqual([0, []]);
    expect(readU16(skb, skb.data + 6)).toBe(0x1111);
    expect(readU16(clone, clone.data + 6)).not.toBe(0x1111);
  });

  test("gives -ENOMEM when neither can be had", () => {
    const shared = partial({ linear: 20, frags: [20] }, 0, 6);
    shared.shinfo.flags = SKBFL_SHARED_FRAG;
    failAllocations(shared.mem, 1);
    expect(skbChecksumHelp(shared)).toBe(-ENOMEM);
    const skb = partial({ linear: 20 }, 0, 6);
    const clone = must(clonesOf(skb, 1)[0]);
    failAllocations(clone.mem, 1);
    expect([skbChecksumHelp(clone), clone.ipSummed]).toEqual([-ENOMEM, CHECKSUM_PARTIAL]);
  });
});

describe("skb_partial_csum_set", () => {
  test("marks the field and the transport header", () => {
    const skb = makeSkb(makeMemory(), { linear: 28 });
    expect(skbPartialCsumSet(skb, 20, 6)).toBe(true);
    expect([skb.ipSummed, skb.csumStart, skb.csumOffset, skb.transportHeader]).toEqual([CHECKSUM_PARTIAL, 84, 6, 84]);
  });

  test.each([
    [64, 20, 6, true],
    [64, 21, 6, false],
    [64, 20, 7, false],
    [0xfffe - 1, 1, 0, true],
    [0xfffe, 1, 0, false],
  ])("with %i bytes of headroom, start %i and offset %i gives %s", (headroom, start, offset, can) => {
    const skb = makeSkb(makeMemory(), { linear: 28, frags: [10] });
    skb.data = headroom;
    expect(skbPartialCsumSet(skb, start, offset)).toBe(can);
    expect(skb.ipSummed).toBe(can ? CHECKSUM_PARTIAL : CHECKSUM_NONE);
  });
});

describe("a complete sum", () => {
  function complete(): SkBuff {
    const skb = makeSkb(makeMemory(), { linear: 40 });
    skb.ipSummed = CHECKSUM_COMPLETE;
    skb.csum = csumPartial(payload(40), 0, 40, 0);
    return skb;
  }

  test.each([2, 14, 20, 40])("loses the %i bytes that are pulled, and gets them back", (n) => {
    const skb = complete();
    skbPullRcsum(skb, n);
    expect(skb.len).toBe(40 - n);
    expect(csumFold(skb.csum)).toBe(n === 40 ? 0 : foldOf(payload(40 - n, n)));
    skbPush(skb, n);
    skbPostpushRcsum(skb, skb.data, n);
    expect(csumFold(skb.csum)).toBe(foldOf(payload(40)));
  });

  test("is not asked of a packet in another state", () => {
    for (const state of [CHECKSUM_NONE, CHECKSUM_UNNECESSARY]) {
      const skb = complete();
      Object.assign(skb, { ipSummed: state, csum: 77 });
      skbPullRcsum(skb, 4);
      skbPostpushRcsum(skb, skb.data, 4);
      expect([skb.csum, skb.ipSummed]).toEqual([77, state]);
    }
  });

  test("stops the kernel when more is pulled than there is", () => {
    expect(faultOf(() => skbPullRcsum(complete(), 41))).toBe("BUG(pull-rcsum)");
  });
});

test("a partial checksum whose start was pulled is none any more", () => {
  const skb = partial({ linear: 40 }, 8, 6);
  skbPullRcsum(skb, 8);
  expect(skb.ipSummed).toBe(CHECKSUM_PARTIAL);
  skbPostpullRcsum(skb, skb.data, 0);
  expect(skb.ipSummed).toBe(CHECKSUM_PARTIAL);
  skbPullRcsum(skb, 1);
  expect(skb.ipSummed).toBe(CHECKSUM_NONE);
});
