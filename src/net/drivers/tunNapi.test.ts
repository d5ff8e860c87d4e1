import { describe, expect, test } from "vitest";
import { EBUSY, EINVAL, EMSGSIZE, ENOMEM } from "../../skb/errno.js";
import { kfreeSkb } from "../../skb/free.js";
import { PACKET_OTHERHOST, type SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import { alive, failAllocations, flatten, makeMemory, NOTHING_ALIVE, shapeOf } from "../../skb/testing/make.js";
import type { VirtioNetHdr } from "../../wire/virtioNetHdr.js";
import { Napi, type NapiOptions } from "../core/gro/napi.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import { ALONE, toyKernel as k, receivingDevice, type Toy, toyFrame4 } from "../core/gro/testing/groPackets.js";
import { TapFile, tunNapiFragsGetUser, tunNapiGetUser, tunNapiPoll } from "./tunNapi.js";

const plain: VirtioNetHdr = { flags: 0, gsoType: 0, hdrLen: 0, gsoSize: 0, csumStart: 0, csumOffset: 0 };

function bench(options: NapiOptions = {}, address?: Uint8Array) {
  const mem = makeMemory("kmalloc612", 1 << 20);
  const sk = new Sock("tap");
  const up: SkBuff[] = [];
  const dev = { ...receivingDevice(), ...(address && { address }) };
  const napi = new Napi(dev, (skb) => up.push(skb), options);
  const file = new TapFile({ mem, sk, ...(address && { address }) }, napi);
  return {
    mem,
    sk,
    up,
    napi,
    file,
    write: (toy: Toy, vnet: Partial<VirtioNetHdr> = {}) =>
      tunNapiGetUser(k, file, { ...plain, ...vnet }, toyFrame4(toy)),
    freeAll(): void {
      for (const skb of up.splice(0)) kfreeSkb(skb);
    },
  };
}

/** The frame in pieces that end at these offsets. */
function pieces(frame: Uint8Array, ...ends: readonly number[]): Uint8Array[] {
  return [...ends, frame.length].map((end, i) => frame.subarray(i === 0 ? 0 : ends[i - 1], end));
}

describe("frames that wait for a poll", () => {
  test("are merged with each other when one poll takes them", () => {
    const { write, file, up, mem, sk, freeAll } = bench();
    for (let id = 0; id < 4; id++) expect(write({ id })).toBe(0);
    expect(up).toEqual([]);
    expect(tunNapiPoll(k, file)).toEqual(["HELD", "MERGED_FREE", "MERGED_FREE", "MERGED_FREE"]);
    expect(up.map((skb) => napiGroCb(skb).count)).toEqual([4]);
    freeAll();
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
    expect(sk.wmemAlloc).toBe(1);
  });

  test("are not merged over polls", () => {
    const { write, file, up } = bench();
    for (let id = 0; id < 3; id++) {
      write({ id });
      tunNapiPoll(k, file);
    }
    expect(up.map((skb) => napiGroCb(skb).count)).toEqual([1, 1, 1]);
  });

  test("are merged over polls of one jiffy where a timer flushes", () => {
    const { write, file, up } = bench({ groFlushTimeout: 20_000 });
    for (let id = 0; id < 3; id++) {
      write({ id });
      tunNapiPoll(k, file);
    }
    expect(up).toEqual([]);
    tunNapiPoll(k, file);
    expect(up.map((skb) => napiGroCb(skb).count)).toEqual([3]);
  });

  test("leave a poll in portions of its budget, between which nothing stays held", () => {
    const { write, file, up } = bench();
    for (let id = 0; id < 5; id++) write({ id });
    expect(tunNapiPoll(k, file, 3)).toHaveLength(3);
    expect(file.queue).toHaveLength(2);
    expect(up.map((skb) => napiGroCb(skb).count)).toEqual([3]);
    expect(tunNapiPoll(k, file, 3)).toHaveLength(2);
    expect(up.map((skb) => napiGroCb(skb).count)).toEqual([3, 2]);
  });

  test("are refused with a header that is not true, and on a queue that is gone", () => {
    const { write, file, mem } = bench();
    expect(write({}, { hdrLen: 9999 })).toBe(-EINVAL);
    expect(write({}, { gsoType: 1, gsoSize: 0 })).toBe(-EINVAL);
    file.detached = true;
    expect(write({})).toBe(-EBUSY);
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });

  test("are somebody else's where the device has another address", () => {
    const { write, file, up } = bench({}, Uint8Array.of(2, 0, 0, 0, 0, 0xaa));
    write({ flags: ALONE });
    tunNapiPoll(k, file);
    expect(up[0]?.pktType).toBe(PACKET_OTHERHOST);
    expect(up[0]?.dev).toBe(file.napi.dev);
  });
});

describe("frames of segments", () => {
  const give = (
    { file }: ReturnType<typeof bench>,
    segments: readonly Uint8Array[],
    vnet: Partial<VirtioNetHdr> = {},
  ) => tunNapiFragsGetUser(k, file, { ...plain, ...vnet }, segments);

  test("lie in the packet as they were written, each going up at once", () => {
    const one = bench({ groNormalBatch: 1 });
    const frame = toyFrame4({ payload: Uint8Array.from({ length: 100 }, (_, i) => i) });
    expect(give(one, pieces(frame, 50, 60))).toBe(0);
    expect(one.up).toHaveLength(1);
    expect(shapeOf(one.up[0] as SkBuff)).toBe(`linear 36 | frags 10 ${frame.length - 60}`);
    expect([...flatten(one.up[0] as SkBuff)]).toEqual([...frame.subarray(14)]);
    one.freeAll();
    expect(alive(one.mem)).toEqual(NOTHING_ALIVE);
  });

  test("may have their headers in the segments behind the first", () => {
    const one = bench({ groNormalBatch: 1 });
    expect(give(one, pieces(toyFrame4(), 5, 20))).toBe(0);
    expect(shapeOf(one.up[0] as SkBuff)).toBe("linear 24 | frags 8");
  });

  test("may be longer in front than a spare packet has room for", () => {
    const one = bench({ groNormalBatch: 1 });
    const frame = toyFrame4({ payload: new Uint8Array(1000) });
    expect(give(one, pieces(frame, 900))).toBe(0);
    expect(one.up[0]?.headlen).toBe(886);
    const failing = bench();
    failAllocations(failing.mem, 2);
    expect(give(failing, pieces(frame, 900))).toBe(-ENOMEM);
    expect(alive(failing.mem)).toEqual(NOTHING_ALIVE);
  });

  test("are at most eighteen", () => {
    const frame = toyFrame4({ payload: new Uint8Array(100) });
    const cut = (count: number) => pieces(frame, ...Array.from({ length: count - 1 }, (_, i) => 50 + i));
    expect(give(bench(), cut(18))).toBe(0);
    expect(give(bench(), cut(19))).toBe(-EMSGSIZE);
  });

  test("are at most 65471 bytes together, and each at most a page", () => {
    const segments = (total: number) => [
      toyFrame4(),
      ...Array.from({ length: 15 }, () => new Uint8Array(4096)),
      new Uint8Array(total - 46 - 15 * 4096),
    ];
    expect(give(bench(), segments(65_471))).toBe(0);
    expect(give(bench(), segments(65_472))).toBe(-EMSGSIZE);
    expect(give(bench(), [toyFrame4(), new Uint8Array(4097)])).toBe(-EINVAL);
    expect(give(bench(), [toyFrame4(), new Uint8Array()])).toBe(-EINVAL);
  });

  test("leave nothing behind when they are refused, but a spare packet that was not touched", () => {
    const one = bench();
    expect(give(one, [toyFrame4(), new Uint8Array(10)], { gsoType: 1, gsoSize: 0 })).toBe(-EINVAL);
    expect(one.napi.skb).toBeNull();
    expect(give(one, [toyFrame4()], { hdrLen: 9999 })).toBe(-EINVAL);
    expect(alive(one.mem)).toEqual(NOTHING_ALIVE);
    for (const [nth, left] of [
      [1, NOTHING_ALIVE],
      [2, NOTHING_ALIVE],
    ] as const) {
      const failing = bench();
      failAllocations(failing.mem, nth);
      expect(give(failing, [toyFrame4(), new Uint8Array(10)])).toBe(-ENOMEM);
      expect(alive(failing.mem)).toEqual(left);
    }
  });

  test("are refused by a queue that is gone", () => {
    const one = bench();
    one.file.detached = true;
    expect(give(one, [toyFrame4()])).toBe(-EBUSY);
    expect(alive(one.mem)).toEqual(NOTHING_ALIVE);
  });

  test("come together only while a deferred interrupt keeps the queue from flushing this jiffy's packets", () => {
    const counts = (options: NapiOptions): number[] => {
      const one = bench(options);
      one.napi.deferHardIrqsCount = 100;
      for (let id = 0; id < 3; id++) give(one, pieces(toyFrame4({ id }), 14));
      one.napi.deferHardIrqsCount = 0;
      tunNapiPoll(k, one.file);
      return one.up.map((skb) => napiGroCb(skb).count);
    };
    expect(counts({})).toEqual([1, 1, 1]);
    expect(counts({ groFlushTimeout: 20_000 })).toEqual([3]);
  });

  test("use one spare packet over and over while they are merged", () => {
    const one = bench({ groFlushTimeout: 20_000 });
    one.napi.deferHardIrqsCount = 100;
    for (let id = 0; id < 4; id++) give(one, pieces(toyFrame4({ id }), 14));
    expect(one.mem.skbs).toBe(2);
    expect(shapeOf(one.napi.buckets[0]?.[0] as SkBuff)).toBe("linear 24 | frags 8 8 8 8");
  });
});
