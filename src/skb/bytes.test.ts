import { describe, expect, test } from "vitest";
import { Arena } from "../memory/Arena.js";
import { Memory } from "../memory/Memory.js";
import {
  bytesAt,
  copyBytes,
  moveBytes,
  putBytes,
  readU8,
  readU16,
  readU32,
  writeU8,
  writeU16,
  writeU32,
} from "./bytes.js";
import { kfreeSkb } from "./free.js";
import type { SkBuff } from "./SkBuff.js";
import { skbHeaderReleaseInner } from "./sharing.js";
import { clonesOf, faultOf, flatten, makeMemory, makeSkb, must, payload, reportsOf } from "./testing/make.js";

function packet(mem = makeMemory()): SkBuff {
  return makeSkb(mem, { headroom: 4, linear: 16, tailroom: 4 });
}

describe("reads and writes", () => {
  test("are big-endian and count from the head of the buffer", () => {
    const skb = packet();
    writeU32(skb, 4, 0x89abcdef);
    expect([readU8(skb, 4), readU16(skb, 5), readU32(skb, 4)]).toEqual([0x89, 0xabcd, 0x89abcdef]);
    writeU16(skb, 6, 0x1_2345);
    writeU8(skb, 4, 0x1ff);
    expect(bytesAt(skb, 4, 4)).toEqual(Uint8Array.of(0xff, 0xab, 0x23, 0x45));
    putBytes(skb, 10, Uint8Array.of(1, 2, 3));
    expect(bytesAt(skb, 10, 3)).toEqual(Uint8Array.of(1, 2, 3));
  });

  test("move bytes within a buffer, whichever way they overlap", () => {
    const skb = packet();
    moveBytes(skb, 4, 7, 10);
    expect(bytesAt(skb, 7, 10)).toEqual(payload(10));
    moveBytes(skb, 7, 4, 10);
    expect(bytesAt(skb, 4, 10)).toEqual(payload(10));
  });

  test("copy bytes from one buffer to another", () => {
    const mem = makeMemory();
    const [from, to] = [packet(mem), packet(mem)];
    putBytes(to, 4, new Uint8Array(16));
    copyBytes(from, 6, to, 4, 14);
    expect(bytesAt(to, 4, 16)).toEqual(Uint8Array.of(...payload(14, 2), 0, 0));
  });

  test("of nothing do nothing, wherever", () => {
    const skb = packet();
    const other = packet(skb.mem);
    moveBytes(skb, -5, 99, 0);
    copyBytes(skb, -5, other, 99, -1);
    putBytes(skb, -5, new Uint8Array(0));
    expect([flatten(skb), skb.mem.reports]).toEqual([payload(16), []]);
  });
});

describe("out of bounds", () => {
  test.each([
    ["in front", -1, 1],
    ["behind", 24, 1],
    ["across the end", 23, 2],
  ])("%s of the buffer ends the holder's work", (_, at, n) => {
    const skb = packet();
    expect(faultOf(() => bytesAt(skb, at, n))).toBe("MEMORY(out-of-bounds)");
    expect(faultOf(() => putBytes(skb, at, new Uint8Array(n)))).toBe("MEMORY(out-of-bounds)");
    expect(reportsOf(skb.mem)).toEqual(["out-of-bounds bytes"]);
  });

  test("reading behind the tail is recorded, and done", () => {
    const skb = packet();
    expect(readU16(skb, 19)).toBe(((payload(16)[15] as number) << 8) | 0xa5);
    expect(reportsOf(skb.mem)).toEqual(["out-of-bounds linear bytes"]);
    expect(skb.mem.reports[0]).toMatchObject({ before: 20, after: 21 });
  });

  test("headroom and tailroom may be written, and headroom read", () => {
    const skb = packet();
    writeU8(skb, 0, 1);
    writeU8(skb, 23, 1);
    expect([readU8(skb, 0), skb.mem.reports]).toEqual([1, []]);
  });
});

test("every access to a freed packet or buffer is a use after free", () => {
  const accesses: ((skb: SkBuff) => unknown)[] = [
    (skb) => readU8(skb, 4),
    (skb) => writeU16(skb, 4, 1),
    (skb) => moveBytes(skb, 4, 5, 1),
  ];
  for (const access of accesses) {
    const freed = packet();
    kfreeSkb(freed);
    expect(faultOf(() => access(freed))).toBe("MEMORY(use-after-free)");
    const headless = packet();
    headless.head.free();
    expect(faultOf(() => access(headless))).toBe("MEMORY(use-after-free)");
  }
});

describe("a change of bytes that a clone can see", () => {
  const writes: [string, (skb: SkBuff) => void][] = [
    ["writeU8", (skb) => writeU8(skb, 5, 0)],
    ["writeU16", (skb) => writeU16(skb, 5, 0)],
    ["writeU32", (skb) => writeU32(skb, 5, 0)],
    ["moveBytes", (skb) => moveBytes(skb, 5, 6, 4)],
    ["copyBytes", (skb) => copyBytes(makeSkb(skb.mem, { linear: 9, seed: 3 }), 64, skb, 5, 9)],
    ["putBytes", (skb) => putBytes(skb, 5, Uint8Array.of(...payload(2, 1), 0))],
  ];

  test.each(writes)("by %s is a touch, recorded, and done", (_, write) => {
    const mem = makeMemory();
    const skb = packet(mem);
    const clone = must(clonesOf(skb, 1)[0]);
    mem.actor = 1;
    write(clone);
    expect(new Set(reportsOf(mem))).toEqual(new Set(["shared-write bytes"]));
    expect(mem.reports[0]).toMatchObject({ object: skb.head.name, holder: 1 });
    expect(mem.touches[1]).toBeGreaterThan(0);
    expect(flatten(skb)).not.toEqual(payload(16));
  });

  test.each(writes)("by %s goes to the grown arena when another holder grew it", (_, write) => {
    const run = (capacity: number): Uint8Array => {
      const mem = new Memory(new Arena(capacity));
      const skb = packet(mem);
      const clone = must(clonesOf(skb, 1)[0]);
      mem.actor = 0;
      mem.onTouch = () => void mem.arena.take(512);
      write(clone);
      return flatten(skb);
    };
    expect(run(256)).toEqual(run(1 << 20));
  });

  test.each(writes)("by %s is nobody's business when there is no clone", (_, write) => {
    const skb = packet();
    skb.mem.actor = 1;
    write(skb);
    expect([skb.mem.reports, skb.mem.touches]).toEqual([[], []]);
  });

  test("is none when the bytes stay the same", () => {
    const skb = packet();
    clonesOf(skb, 1);
    skb.mem.actor = 1;
    const same = bytesAt(skb, 4, 16);
    writeU8(skb, 4, same[0] as number);
    writeU16(skb, 5, readU16(skb, 5));
    putBytes(skb, 4, same);
    moveBytes(skb, 4, 4, 16);
    expect([skb.mem.reports, skb.mem.touches]).toEqual([[], []]);
  });

  test("is none when the clone goes while the write waits", () => {
    const skb = packet();
    const clone = must(clonesOf(skb, 1)[0]);
    skb.mem.actor = 1;
    skb.mem.onTouch = () => {
      skb.mem.onTouch = undefined;
      kfreeSkb(clone);
    };
    writeU8(skb, 4, 0);
    expect(skb.mem.reports).toEqual([]);
  });

  test("is allowed to the one clone of a sender that gave up the header, and not to the sender", () => {
    const sender = packet();
    skbHeaderReleaseInner(sender);
    const clone = must(clonesOf(sender, 1)[0]);
    writeU8(clone, 4, 0);
    expect(sender.mem.reports).toEqual([]);
    writeU8(sender, 5, 0);
    expect(reportsOf(sender.mem)).toEqual(["shared-write bytes"]);
  });
});
