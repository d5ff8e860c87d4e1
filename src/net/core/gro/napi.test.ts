import { describe, expect, test } from "vitest";
import { CHECKSUM_NONE, CHECKSUM_UNNECESSARY } from "../../../abi/features.js";
import { kfreeSkb } from "../../../skb/free.js";
import { Reference } from "../../../skb/Reference.js";
import { PACKET_HOST, type SkBuff } from "../../../skb/SkBuff.js";
import { alive, failAllocations, faultOf, makeMemory, NOTHING_ALIVE, shapeOf } from "../../../skb/testing/make.js";
import type { NetKernel } from "../../NetKernel.js";
import {
  Napi,
  type NapiOptions,
  napiComplete,
  napiFreeFrags,
  napiGetFrags,
  napiGroFrags,
  napiGroReceive,
  napiWeightUsed,
} from "./napi.js";
import { napiGroCb } from "./napiGroCb.js";
import { ALONE, ENDS, toyKernel as k, received, receivingDevice, toyFrame4 } from "./testing/groPackets.js";

function bench(options: NapiOptions = {}) {
  const mem = makeMemory("identity", 1 << 18);
  const up: SkBuff[] = [];
  const napi = new Napi(receivingDevice(), (skb) => up.push(skb), options);
  return { mem, napi, up };
}

describe("packets that go up", () => {
  test("wait until eight segments are there, an aggregate counting as what it is made of", () => {
    const { mem, napi, up } = bench();
    const give = (flags: number, id: number, flow = 1) =>
      napiGroReceive(k, napi, received(mem, napi.dev, toyFrame4({ flags, id, flow })));
    for (let i = 0; i < 4; i++) give(ALONE, 0);
    for (let id = 0; id < 2; id++) give(0, id);
    give(ENDS, 2);
    expect(up).toEqual([]);
    expect(napi.rxCount).toBe(7);
    give(ALONE, 0);
    expect(up.map((skb) => napiGroCb(skb).count)).toEqual([1, 1, 1, 1, 3, 1]);
    expect(napi.rxCount).toBe(0);
  });

  test("go at the end of the poll at the latest", () => {
    const { mem, napi, up } = bench();
    napiGroReceive(k, napi, received(mem, napi.dev, toyFrame4({ flags: ALONE })));
    napiComplete(k, napi, 1);
    expect(up).toHaveLength(1);
  });
});

describe("the end of a poll", () => {
  function withHeld(options: NapiOptions) {
    const one = bench(options);
    napiGroReceive(k, one.napi, received(one.mem, one.napi.dev, toyFrame4()));
    return one;
  }

  test("flushes everything", () => {
    const { napi, up } = withHeld({});
    expect(napiComplete(k, napi, 1)).toBe(true);
    expect(up).toHaveLength(1);
  });

  test("keeps packets of this jiffy when a timer will flush them", () => {
    const { napi, up } = withHeld({ groFlushTimeout: 1000 });
    expect(napiComplete(k, napi, 1)).toBe(true);
    expect(up).toEqual([]);
    napi.jiffies++;
    napiComplete(k, napi, 1);
    expect(up).toHaveLength(1);
  });

  test("flushes everything when it did no work, in spite of the timer", () => {
    const { napi, up } = withHeld({ groFlushTimeout: 1000 });
    napiComplete(k, napi);
    expect(up).toHaveLength(1);
  });

  test("leaves the queue to its timer as often as interrupts are deferred", () => {
    const { napi } = withHeld({ groFlushTimeout: 1000, deferHardIrqs: 2 });
    expect(napiComplete(k, napi, 1)).toBe(false);
    expect(napiComplete(k, napi)).toBe(false);
    expect(napiComplete(k, napi)).toBe(true);
  });

  test("that used its whole weight flushes everything and says nothing about being done", () => {
    const { napi, up } = withHeld({ groFlushTimeout: 1000 });
    napiWeightUsed(k, napi);
    expect(up).toHaveLength(1);
    napiWeightUsed(k, napi);
    expect(up).toHaveLength(1);
  });
});

describe("packets made of fragments", () => {
  /** Fills the spare packet: the first piece linear, each other one a fragment. */
  function fill(napi: Napi, skb: SkBuff, frame: Uint8Array, cuts: readonly number[]): void {
    const source = received(skb.mem, napi.dev, frame, { linear: 14 });
    const whole = source.mem.arena.bytes;
    let at = 0;
    const pieces = [...cuts, frame.length].map((end) => {
      const piece = frame.subarray(at, end);
      at = end;
      return piece;
    });
    const [linear, ...rest] = pieces as [Uint8Array, ...Uint8Array[]];
    whole.set(linear, skb.head.base + skb.tail);
    skb.tail += linear.length;
    skb.len += linear.length;
    const frags = rest.map((bytes) => {
      const one = received(skb.mem, napi.dev, new Uint8Array(14 + bytes.length), { linear: 14 });
      const frag = one.shinfo.frags[0] as NonNullable<(typeof one.shinfo.frags)[number]>;
      frag.page.get();
      skb.mem.arena.bytes.set(bytes, frag.page.base);
      kfreeSkb(one);
      return frag;
    });
    kfreeSkb(source);
    const paged = frags.reduce((sum, frag) => sum + frag.len, 0);
    skb.shinfo.fragsChangedTo(frags);
    skb.len += paged;
    skb.dataLen = paged;
    skb.truesize += paged;
  }

  function spare(napi: Napi, mem: ReturnType<typeof makeMemory>): SkBuff {
    const skb = napiGetFrags(napi, mem);
    if (skb === null) throw new Error("no spare packet");
    return skb;
  }

  test("are held with their link header linear, and merged by moving fragments", () => {
    const { mem, napi, up } = bench();
    const first = spare(napi, mem);
    fill(napi, first, toyFrame4({ id: 0 }), [0]);
    expect(napiGroFrags(k, napi)).toBe("HELD");
    expect(shapeOf(first)).toBe("linear 24 | frags 8");
    expect(first).toMatchObject({ protocol: 0x0800, pktType: PACKET_HOST });

    const second = spare(napi, mem);
    fill(napi, second, toyFrame4({ id: 1 }), [0]);
    expect(napiGroFrags(k, napi)).toBe("MERGED_FREE");
    expect(napi.skb).toBe(second);
    expect(shapeOf(second)).toBe("linear 0");
    napiComplete(k, napi);
    expect(up).toHaveLength(1);
    expect(shapeOf(first)).toBe("linear 24 | frags 8 8");
    kfreeSkb(first);
    napiFreeFrags(napi);
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });

  test("the spare packet comes back clean but for its header offsets, and with the headroom of a new one", () => {
    const { mem, napi } = bench();
    fill(napi, spare(napi, mem), toyFrame4({ id: 0 }), [0]);
    napiGroFrags(k, napi);
    const skb = spare(napi, mem);
    fill(napi, skb, toyFrame4({ id: 1 }), [0]);
    const held = napi.buckets[0]?.[0] as SkBuff;
    const conntrack = new Reference(mem, "conntrack");
    [skb.nfct, held.nfct] = [conntrack, conntrack.hold()];
    Object.assign(skb, { slowGro: true, ipSummed: CHECKSUM_UNNECESSARY });
    napiGroFrags(k, napi);
    expect(napi.skb).toBe(skb);
    expect(skb).toMatchObject({ len: 0, headroom: 64, ipSummed: CHECKSUM_NONE, slowGro: false, nfct: null });
    expect(conntrack.refs).toBe(1);
    expect(skb.networkHeader).not.toBe(0);
    expect(skb.shinfo.gsoSize).toBe(0);
  });

  test("go up with the link header pushed and taken off again", () => {
    const { mem, napi, up } = bench({ groNormalBatch: 1 });
    fill(napi, spare(napi, mem), toyFrame4({ flags: ALONE }), [0]);
    expect(napiGroFrags(k, napi)).toBe("NORMAL");
    expect(up[0]?.networkOffset).toBe(0);
    expect(up[0]?.macOffset).toBe(-14);
    expect(napi.skb).toBeNull();
  });

  test("whose link header is short in the window get it pulled", () => {
    const { mem, napi } = bench();
    const skb = spare(napi, mem);
    fill(napi, skb, toyFrame4(), [10]);
    expect(napiGroFrags(k, napi)).toBe("HELD");
    expect(shapeOf(skb)).toBe("linear 24 | frags 8");
  });

  test("whose first fragment is the link header and nothing else lose it", () => {
    const { mem, napi } = bench();
    const skb = spare(napi, mem);
    fill(napi, skb, toyFrame4(), [0, 14]);
    expect(napiGroFrags(k, napi)).toBe("HELD");
    expect(skb.protocol).toBe(0x0800);
  });

  test("in a kernel that looks for the EtherType where it came from, it is gone", () => {
    const stale: NetKernel["gro"]["etherProto"] = (skb, cameFrom) => {
      if (cameFrom === undefined) return 0;
      if (cameFrom.page.refs <= 0) throw skb.mem.invalid("use-after-free", cameFrom.page.name, "bytes");
      const { bytes } = skb.mem.arena;
      const at = cameFrom.page.base + cameFrom.offset + 12;
      return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    };
    const older = { ...k, gro: { ...k.gro, etherProto: stale } };
    const { mem, napi } = bench();
    fill(napi, spare(napi, mem), toyFrame4(), [0]);
    expect(napiGroFrags(older, napi)).toBe("HELD");
    fill(napi, spare(napi, mem), toyFrame4(), [0, 14]);
    expect(faultOf(() => napiGroFrags(older, napi))).toBe("MEMORY(use-after-free)");
  });

  test("of fewer bytes than a link header are followed as if they were there", () => {
    const { mem, napi } = bench();
    const skb = spare(napi, mem);
    fill(napi, skb, new Uint8Array(10), [4]);
    expect(faultOf(() => napiGroFrags(k, napi))).toBe("NULLDEREF(gro-frags-short)");
    expect(napi.skb).toBe(skb);
  });

  test("cannot be handed over without having been asked for", () => {
    expect(faultOf(() => napiGroFrags(k, bench().napi))).toBe("NULLDEREF(gro-frags-none)");
  });

  test("need memory", () => {
    const { mem, napi } = bench();
    failAllocations(mem, 1);
    expect(napiGetFrags(napi, mem)).toBeNull();
  });

  test("whose head was stolen leave nothing to be used again", () => {
    const { mem, napi } = bench();
    fill(napi, spare(napi, mem), toyFrame4({ id: 0 }), [0]);
    napiGroFrags(k, napi);
    napi.skb = received(mem, napi.dev, toyFrame4({ id: 1 }), { headFrag: true });
    napi.skb.data -= 14;
    napi.skb.len += 14;
    expect(napiGroFrags(k, napi)).toBe("MERGED_FREE");
    expect(napi.skb).toBeNull();
  });
});
