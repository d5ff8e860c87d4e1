import { describe, expect, test } from "vitest";
import { kfreeSkb } from "../../../skb/free.js";
import { alive, failAllocations, faultOf, makeMemory, NOTHING_ALIVE, shapeOf } from "../../../skb/testing/make.js";
import {
  groPullFromFrag0,
  groReadBytes,
  groReadU8,
  groReadU16,
  groReadU32,
  groSameBytes,
  groTryPullFromFrag0,
  groWriteU16,
  skbGroHeader,
  skbGroMayPull,
  skbGroResetOffset,
} from "./groHeader.js";
import { napiGroCb, skbGroLen, skbGroOffset, skbGroPull } from "./napiGroCb.js";
import { inMemory, type Layout } from "./testing/groPackets.js";

const counting = Uint8Array.from({ length: 100 }, (_, i) => i);

function windowed(layout: Layout) {
  const mem = makeMemory();
  const skb = inMemory(mem, counting, layout);
  skbGroResetOffset(skb);
  return { mem, skb, cb: napiGroCb(skb) };
}

describe("the header window", () => {
  test("is the linear part where there is one, whatever lies in fragments", () => {
    const { skb, cb } = windowed({ linear: 30 });
    expect(cb.frag0Len).toBe(30);
    expect(cb.frag0InFrag).toBe(false);
    expect(skbGroMayPull(skb, 30)).toBe(true);
    expect(skbGroMayPull(skb, 31)).toBe(false);
  });

  test("is the first fragment of a packet without a linear part", () => {
    const { skb, cb } = windowed({ linear: 0, fragment: 60 });
    expect(cb).toMatchObject({ frag0Len: 60, frag0InFrag: true });
    expect(groReadU8(skb, 5)).toBe(5);
    expect(groReadU16(skb, 5)).toBe(0x0506);
    expect(groReadU32(skb, 5)).toBe(0x05060708);
    expect([...groReadBytes(skb, 7, 3)]).toEqual([7, 8, 9]);
  });

  test("is no longer than what could be pulled into the head", () => {
    expect(windowed({ linear: 0, fragment: 60, tailroom: 24 }).cb.frag0Len).toBe(24);
  });

  test("is empty for an empty packet", () => {
    const skb = inMemory(makeMemory(), new Uint8Array());
    skbGroResetOffset(skb);
    expect(napiGroCb(skb).frag0Len).toBe(0);
    expect(skbGroHeader(skb, 0, 1)).toBe(false);
  });

  test("reads nothing beyond the fragment it lies in", () => {
    const { skb } = windowed({ linear: 0, fragment: 10 });
    expect(faultOf(() => groReadU16(skb, 9))).toBe("MEMORY(out-of-bounds)");
  });

  test("is not read once the fragment's page is gone", () => {
    const { skb } = windowed({ linear: 0, fragment: 10 });
    skb.shinfo.frags[0]?.page.put();
    expect(faultOf(() => groReadU8(skb, 0))).toBe("MEMORY(use-after-free)");
  });

  test("takes writes where it lies", () => {
    const inFragment = windowed({ linear: 0 });
    groWriteU16(inFragment.skb, 4, 0xabcd);
    expect(groReadU16(inFragment.skb, 4)).toBe(0xabcd);
    const linear = windowed({});
    groWriteU16(linear.skb, 4, 0xabcd);
    expect(groReadU16(linear.skb, 4)).toBe(0xabcd);
  });
});

describe("asking for header bytes", () => {
  test("moves nothing while they lie in the window", () => {
    const { skb } = windowed({ linear: 0, fragment: 60 });
    expect(skbGroHeader(skb, 20, 40)).toBe(true);
    expect(shapeOf(skb)).toBe("linear 0 | frags 60 40");
  });

  test("pulls them, counted from the start, when the window is too short", () => {
    const { skb, cb } = windowed({ linear: 0, fragment: 60 });
    expect(skbGroHeader(skb, 50, 11)).toBe(true);
    expect(shapeOf(skb)).toBe("linear 61 | frags 39");
    expect(groReadU8(skb, 60)).toBe(60);
    expect(cb.frag0InFrag).toBe(false);
  });

  test("fails when the packet has fewer", () => {
    expect(skbGroHeader(windowed({ linear: 30 }).skb, 90, 11)).toBe(false);
  });

  test("fails when there is no memory for a larger head", () => {
    const { mem, skb } = windowed({ linear: 30, tailroom: 0 });
    failAllocations(mem, 1);
    expect(skbGroHeader(skb, 20, 20)).toBe(false);
  });
});

describe("taking headers out of the first fragment", () => {
  test("shortens it", () => {
    const { skb } = windowed({ linear: 0, fragment: 60 });
    groPullFromFrag0(skb, 14);
    expect(shapeOf(skb)).toBe("linear 14 | frags 46 40");
    expect(skb.len).toBe(100);
  });

  test("drops it when it held nothing else", () => {
    const { mem, skb } = windowed({ linear: 0, fragment: 50 });
    groPullFromFrag0(skb, 50);
    expect(shapeOf(skb)).toBe("linear 50 | frags 50");
    kfreeSkb(skb);
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });

  test("stops the kernel when the head has no room for them", () => {
    const { skb } = windowed({ linear: 0, fragment: 60, tailroom: 10 });
    expect(faultOf(() => groPullFromFrag0(skb, 14))).toBe("BUG(gro-frag0-tailroom)");
  });

  test("happens as far as they were parsed", () => {
    const { skb } = windowed({ linear: 0, fragment: 60 });
    skbGroPull(skb, 24);
    expect(skbGroOffset(skb)).toBe(24);
    expect(skbGroLen(skb)).toBe(76);
    groTryPullFromFrag0(skb);
    expect(shapeOf(skb)).toBe("linear 24 | frags 36 40");
    groTryPullFromFrag0(skb);
    expect(shapeOf(skb)).toBe("linear 24 | frags 36 40");
  });
});

test("a comparison with a held packet ends at the first difference, so that it does not leave a shorter header", () => {
  const mem = makeMemory();
  const [skb, short] = [inMemory(mem, counting), inMemory(mem, Uint8Array.of(0, 1, 9))];
  skbGroResetOffset(skb);
  expect(groSameBytes(skb, short, 0, 50)).toBe(false);
  expect(mem.reports).toEqual([]);
  expect(groSameBytes(skb, short, 0, 2)).toBe(true);
});
