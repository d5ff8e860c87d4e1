import { describe, expect, test } from "vitest";
import { csumFold } from "../bytes/checksum.js";
import { Arena } from "../memory/Arena.js";
import { Memory } from "../memory/Memory.js";
import { allocHead } from "./alloc.js";
import { kfreeSkb } from "./free.js";
import { copyBits, skbChecksum, skbCopyAndCsumBits, skbHeaderBytes, skbPagelen } from "./read.js";
import {
  clonesOf,
  faultOf,
  makeMemory,
  makeSkb,
  membersOf,
  must,
  payload,
  reportsOf,
  type Shape,
} from "./testing/make.js";

/** Odd lengths throughout, so that every part begins at another parity. */
const SHAPE: Shape = {
  linear: 13,
  frags: [7, 1, 4],
  members: [{ linear: 5 }, { linear: 3, frags: [9, 2], members: [{ linear: 1 }, { frags: [3] }] }, { linear: 11 }],
};
const LENGTH = 59;

/** The folded sum of bytes, one word at a time. */
function slowSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function everyRange(visit: (offset: number, n: number) => void): void {
  for (let offset = 0; offset <= LENGTH; offset++) for (let n = 0; offset + n <= LENGTH; n++) visit(offset, n);
}

describe("skb_copy_bits", () => {
  test("gives every range of linear part, fragments and nested lists", () => {
    const skb = makeSkb(makeMemory(), SHAPE);
    expect(skb.len).toBe(LENGTH);
    everyRange((offset, n) => expect(skbHeaderBytes(skb, offset, n)).toEqual(payload(n, offset)));
  });

  test("reads headroom at negative offsets", () => {
    const skb = makeSkb(makeMemory(), SHAPE);
    skb.data += 6;
    skb.len -= 6;
    expect(skbHeaderBytes(skb, -6, 20)).toEqual(payload(20));
  });

  test("fails for more than there is", () => {
    const skb = makeSkb(makeMemory(), SHAPE);
    expect([skbHeaderBytes(skb, 0, LENGTH + 1), skbHeaderBytes(skb, LENGTH, 1)]).toEqual([null, null]);
    expect(skbHeaderBytes(skb, LENGTH, 0)).toEqual(new Uint8Array(0));
    const to = new Uint8Array(LENGTH + 1);
    expect([copyBits(skb, 0, to, 0, LENGTH + 1), to]).toEqual([false, new Uint8Array(LENGTH + 1)]);
  });

  test("fails when parts are shorter than the length says", () => {
    const skb = makeSkb(makeMemory(), SHAPE);
    skb.len += 4;
    skb.dataLen += 4;
    expect(skbHeaderBytes(skb, 50, 12)).toBeNull();
    const inner = makeSkb(makeMemory(), SHAPE);
    must(membersOf(inner)[1]).shinfo.fragList = null;
    expect(skbHeaderBytes(inner, 40, 10)).toBeNull();
  });

  test("writes into the arena itself", () => {
    const skb = makeSkb(makeMemory(), SHAPE);
    const to = allocHead(skb.mem, LENGTH);
    expect(copyBits(skb, 0, skb.mem.arena.bytes, to.base, LENGTH)).toBe(true);
    expect(skb.mem.arena.bytes.slice(to.base, to.base + LENGTH)).toEqual(payload(LENGTH));
  });

  test("goes on in the grown arena when another holder grew it meanwhile", () => {
    const mem = new Memory(new Arena(1024));
    const skb = makeSkb(mem, SHAPE);
    clonesOf(skb, 1);
    const to = allocHead(mem, LENGTH);
    mem.actor = 0;
    mem.onTouch = () => void mem.arena.take(4096);
    const arena = mem.arena.bytes;
    expect(copyBits(skb, 0, arena, to.base, LENGTH)).toBe(true);
    expect(mem.arena.bytes).not.toBe(arena);
    expect(mem.arena.bytes.slice(to.base, to.base + LENGTH)).toEqual(payload(LENGTH));
  });

  test("finds a freed packet, member and page", () => {
    const mem = makeMemory();
    const freed = makeSkb(mem, SHAPE);
    kfreeSkb(freed);
    expect(faultOf(() => skbHeaderBytes(freed, 0, 1))).toBe("MEMORY(use-after-free)");
    const list = makeSkb(mem, SHAPE);
    kfreeSkb(must(membersOf(list)[0]));
    expect(faultOf(() => skbHeaderBytes(list, 0, 30))).toBe("MEMORY(use-after-free)");
    const paged = makeSkb(mem, SHAPE);
    must(paged.shinfo.frags[1]).page.put();
    expect(faultOf(() => skbHeaderBytes(paged, 0, 20))).toBe("");
    expect(faultOf(() => skbHeaderBytes(paged, 0, 21))).toBe("MEMORY(use-after-free)");
    expect(reportsOf(mem)).toEqual(["use-after-free bytes", "use-after-free len", "use-after-free bytes"]);
  });

  test("finds a fragment that leaves its page", () => {
    const skb = makeSkb(makeMemory(), { frags: [8] });
    const { page } = must(skb.shinfo.frags[0]);
    for (const offset of [page.size - 7, -1]) {
      skb.shinfo.fragsChangedTo([{ page, offset, len: 8 }]);
      expect(faultOf(() => skbHeaderBytes(skb, 0, 8))).toBe("MEMORY(out-of-bounds)");
    }
  });

  test("stops at lists in lists in lists without end", () => {
    const skb = makeSkb(makeMemory(), { members: [{ linear: 1 }] });
    const member = must(membersOf(skb)[0]);
    Object.assign(member, { data: member.tail, len: 1, dataLen: 1 });
    member.shinfo.fragList = member;
    expect(faultOf(() => skbHeaderBytes(skb, 0, 1))).toBe("STALL(nested-lists)");
  });
});

describe("skb_checksum", () => {
  test("of every range is that of the flat bytes", () => {
    const skb = makeSkb(makeMemory(), SHAPE);
    everyRange((offset, n) => {
      expect(csumFold(skbChecksum(skb, offset, n, 0))).toBe(slowSum(payload(n, offset)));
    });
  });

  test("starts from a sum that it is given", () => {
    const skb = makeSkb(makeMemory(), SHAPE);
    expect(skbChecksum(skb, 3, 0, 0x1234)).toBe(0x1234);
    const whole = skbChecksum(skb, 4, 20, skbChecksum(skb, 0, 4, 0));
    expect(csumFold(whole)).toBe(slowSum(payload(24)));
    const paged = skbChecksum(skb, 14, 6, 0x1234);
    expect(csumFold(paged)).toBe(slowSum(Uint8Array.of(0x12, 0x34, ...payload(6, 14))));
  });

  test("stops the kernel when the bytes run out", () => {
    const skb = makeSkb(makeMemory(), SHAPE);
    expect(faultOf(() => skbChecksum(skb, 0, LENGTH + 1, 0))).toBe("BUG(csum-short)");
    expect(faultOf(() => skbCopyAndCsumBits(skb, 1, 0, LENGTH))).toBe("BUG(csum-short)");
  });
});

describe("skb_copy_and_csum_bits", () => {
  test("copies and sums every range", () => {
    const skb = makeSkb(makeMemory(), SHAPE);
    const to = allocHead(skb.mem, LENGTH).base;
    everyRange((offset, n) => {
      expect(csumFold(skbCopyAndCsumBits(skb, offset, to, n))).toBe(slowSum(payload(n, offset)));
      expect(skb.mem.arena.bytes.slice(to, to + n)).toEqual(payload(n, offset));
    });
  });
});

test("skb_pagelen leaves the frag_list out", () => {
  const skb = makeSkb(makeMemory(), SHAPE);
  expect(skbPagelen(skb)).toBe(25);
});
