import { describe, expect, test } from "vitest";
import { allocHead, allocPage, allocSkb, buildSkb, roundings, skbDataAlign, skbTruesize } from "./alloc.js";
import { kfreeSkb } from "./free.js";
import { alive, brokenRules, failAllocations, makeMemory, must, NOTHING_ALIVE } from "./testing/make.js";

describe("rounding", () => {
  test("aligns data to a cache line", () => {
    expect([0, 1, 64, 65, 128].map(skbDataAlign)).toEqual([0, 64, 64, 128, 128]);
  });

  // Wanted: aligned size plus 320 of shared info, up to the allocator's next size, less 320.
  test.each([
    [0, 512 - 320, 704 - 320],
    [192, 512 - 320, 704 - 320],
    [193, 1024 - 320, 704 - 320],
    [384, 1024 - 320, 704 - 320],
    [385, 1024 - 320, 1024 - 320],
    [704, 1024 - 320, 1024 - 320],
    [705, 2048 - 320, 2048 - 320],
    [1500, 2048 - 320, 2048 - 320],
    [3776, 4096 - 320, 4096 - 320],
    [3777, 8192 - 320, 8192 - 320],
    [7872, 8192 - 320, 8192 - 320],
    [7873, 16384 - 320, 16384 - 320],
    [16064, 16384 - 320, 16384 - 320],
    [16065, 32768 - 320, 32768 - 320],
    [65535, 131072 - 320, 131072 - 320],
  ])("gives a head of %i bytes %i in 6.1 and %i in 6.12", (size, in61, in612) => {
    expect([roundings.kmalloc61(size), roundings.kmalloc612(size)]).toEqual([in61, in612]);
    expect(roundings.identity(size)).toBe(size);
  });
});

describe("__alloc_skb", () => {
  test("gives an empty packet whose truesize counts its head and itself", () => {
    const mem = makeMemory("kmalloc612");
    const skb = must(allocSkb(mem, 1000));
    expect(skb).toMatchObject({ data: 0, tail: 0, end: 2048 - 320, len: 0, dataLen: 0, users: 1, cloned: false });
    expect(skb).toMatchObject({ macHeader: 0xffff, transportHeader: 0xffff, networkHeader: 0, headFrag: false });
    expect([skb.truesize, skbTruesize(skb.end), skb.shinfo.dataref]).toEqual([2304, 2304, 1]);
    expect(brokenRules([skb])).toEqual([]);
  });

  test("numbers what it makes, and fills it with no packet's bytes", () => {
    const mem = makeMemory();
    const [a, b] = [must(allocSkb(mem, 4)), must(allocSkb(mem, 4))];
    expect(new Set([a.serial, a.head.serial, b.serial, b.head.serial]).size).toBe(4);
    expect(b.head.base).toBe(a.head.base + 4);
    expect(mem.arena.bytes.slice(0, 8)).toEqual(new Uint8Array(8).fill(0xa5));
  });

  test("and its like are null when the allocation is made to fail", () => {
    const mem = makeMemory();
    failAllocations(mem, 1, 2, 3);
    expect([allocSkb(mem, 4), buildSkb(mem, 4), allocPage(mem, 4)]).toEqual([null, null, null]);
    expect([alive(mem), mem.injectedFailures]).toEqual([NOTHING_ALIVE, 3]);
  });
});

test("build_skb wraps a page fragment, whose reference goes with the head", () => {
  const mem = makeMemory("kmalloc612");
  const skb = must(buildSkb(mem, 300));
  expect([skb.headFrag, skb.end, skb.truesize, mem.pageRefs]).toEqual([true, 300, 876, 1]);
  const page = must(skb.head.page);
  expect([page.base, page.size]).toEqual([skb.head.base, 300]);
  kfreeSkb(skb);
  expect(alive(mem)).toEqual(NOTHING_ALIVE);
});

test("a page has one reference, which is the caller's", () => {
  const mem = makeMemory();
  const page = must(allocPage(mem, 100, true));
  expect([page.refs, page.size, page.user, mem.pageRefs]).toEqual([1, 100, true, 1]);
});

test("a head takes as many bytes as the rounding says", () => {
  const mem = makeMemory("kmalloc61");
  expect(allocHead(mem, 1).size).toBe(192);
  expect(mem.arena.used).toBe(192);
});
