import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_UNNECESSARY,
  SKB_GSO_DODGY,
  SKB_GSO_TCPV4,
  SKB_GSO_UDP_L4,
} from "../../../abi/features.js";
import { EINVAL } from "../../../skb/errno.js";
import { kfreeSkb } from "../../../skb/free.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { Sock } from "../../../skb/Sock.js";
import { alive, brokenRules, makeMemory, makeSkb, NOTHING_ALIVE, shapeOf } from "../../../skb/testing/make.js";
import type { GroReceive, NetKernel } from "../../NetKernel.js";
import type { ReceiveFeatures } from "../NetDevice.js";
import type { GroVerdict } from "./gro.js";
import { napiGroFlush } from "./gro.js";
import { Napi, type NapiOptions, napiComplete, napiGroReceive } from "./napi.js";
import { napiGroCb } from "./napiGroCb.js";
import {
  ALONE,
  ENDS,
  inEthernet,
  type Layout,
  LIST,
  received,
  receivingDevice,
  STOLEN,
  type Toy,
  toyFrame4,
  toyKernel,
} from "./testing/groPackets.js";

interface Bench {
  readonly k?: NetKernel;
  readonly features?: Partial<ReceiveFeatures>;
  readonly options?: NapiOptions;
}

function bench({ k = toyKernel, features = {}, options = { groNormalBatch: 1 } }: Bench = {}) {
  const mem = makeMemory("identity", 1 << 18);
  const dev = receivingDevice(features);
  const up: SkBuff[] = [];
  const napi = new Napi(dev, (skb) => up.push(skb), options);
  let id = 0;
  return {
    mem,
    napi,
    up,
    make: (toy: Toy = {}, layout: Layout = {}): SkBuff => received(mem, dev, toyFrame4({ id: id++, ...toy }), layout),
    give: (skb: SkBuff): GroVerdict => napiGroReceive(k, napi, skb),
    finish(): void {
      napiComplete(k, napi);
      for (const skb of up) kfreeSkb(skb);
    },
  };
}

/** The number of segments of each packet that went up. */
const counts = (up: readonly SkBuff[]): number[] => up.map((skb) => napiGroCb(skb).count);

describe("a packet goes up as it is", () => {
  test("from a device without receive offload", () => {
    const one = bench({ features: { gro: false } });
    expect(one.give(one.make())).toBe("NORMAL");
    expect(one.up).toHaveLength(1);
  });

  test("when nobody knows its protocol", () => {
    const { mem, napi, give } = bench();
    expect(give(received(mem, napi.dev, inEthernet(new Uint8Array(60), 0x0806)))).toBe("NORMAL");
  });

  test("when a layer refuses it, with everything that was parsed linear", () => {
    const { mem, give, make, up, finish } = bench();
    expect(give(make({ flags: ALONE }, { linear: 14 }))).toBe("NORMAL");
    expect(shapeOf(up[0] as SkBuff)).toBe("linear 20 | frags 12");
    finish();
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });

  test("when it is a list already", () => {
    const { mem, napi, give, make } = bench();
    const skb = make();
    skb.shinfo.fragList = makeSkb(mem, { linear: 10 });
    skb.len += 10;
    skb.dataLen += 10;
    expect(give(skb)).toBe("NORMAL");
    expect(napi.buckets[0]).toEqual([]);
  });

  test("when it is an aggregate of anything but verified TCP", () => {
    const { give, make } = bench();
    const verdictOf = (gsoType: number, gsoSegs = 2): string => {
      const skb = make();
      Object.assign(skb.shinfo, { gsoSize: 4, gsoType, gsoSegs });
      return `${give(skb)} ${napiGroCb(skb).count}`;
    };
    expect(verdictOf(SKB_GSO_UDP_L4)).toBe("NORMAL 2");
    expect(verdictOf(SKB_GSO_TCPV4 | SKB_GSO_DODGY)).toBe("NORMAL 2");
    expect(verdictOf(SKB_GSO_TCPV4, 3)).toBe("HELD 3");
  });
});

describe("holding", () => {
  test("an unmerged packet is held, with its payload length as segment size", () => {
    const { napi, make, give } = bench();
    const skb = make();
    expect(give(skb)).toBe("HELD");
    expect(skb.shinfo.gsoSize).toBe(8);
    expect(napi.groBitmask).toBe(1);
    expect(napiGroCb(skb).last).toBe(skb);
  });

  test("pulls the headers out of the first fragment", () => {
    const { make, give } = bench();
    const skb = make({}, { linear: 14 });
    give(skb);
    expect(shapeOf(skb)).toBe("linear 24 | frags 8");
    expect(brokenRules([skb])).toEqual([]);
  });

  test("goes by hash, eight flows to a bucket; a ninth one pushes the oldest out", () => {
    const { napi, make, give, up } = bench();
    for (let flow = 0; flow < 9; flow++) expect(give(make({ flow }))).toBe("HELD");
    expect(up.map((skb) => skb.serial)).toEqual([(napi.buckets[0]?.at(-1)?.serial as number) - 2]);
    expect(napi.buckets[0]).toHaveLength(8);
    const other = make();
    other.hash = 13;
    give(other);
    expect(napi.buckets[5]).toEqual([other]);
    expect(napi.groBitmask).toBe(0b100001);
  });

  test("a single packet that was held goes up without a segment size", () => {
    const { make, give, up, finish, mem, napi } = bench();
    give(make());
    finish();
    expect(counts(up)).toEqual([1]);
    expect(napi.groBitmask).toBe(0);
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });
});

describe("merging", () => {
  test("payload joins the held packet, and one that ends it sends it up", () => {
    const { make, give, up, mem, napi, finish } = bench();
    expect(give(make())).toBe("HELD");
    expect(give(make())).toBe("MERGED");
    expect(give(make({ flags: ENDS }))).toBe("MERGED");
    expect(counts(up)).toEqual([3]);
    expect(up[0]?.shinfo).toMatchObject({ gsoSize: 8, gsoSegs: 3 });
    expect(up[0]?.len).toBe(20 + 4 + 24);
    expect(napi.groBitmask).toBe(0);
    finish();
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });

  test("shells are freed, of moved fragments as of a stolen head", () => {
    const { make, give, mem, finish, up } = bench();
    give(make());
    expect(give(make({}, { linear: 38 }))).toBe("MERGED_FREE");
    expect(give(make({}, { headFrag: true }))).toBe("MERGED_FREE");
    expect(mem.skbs).toBe(1);
    finish();
    expect(counts(up)).toEqual([3]);
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });

  test("a stolen head's owner gets the rest of its charge back", () => {
    const { make, give, finish } = bench();
    const sock = new Sock("sender");
    for (let i = 0; i < 2; i++) {
      const skb = make({}, { headFrag: true });
      skb.sk = sock;
      skb.destructor = "sock_wfree";
      sock.wmemAlloc += skb.truesize;
      give(skb);
    }
    finish();
    expect(sock.wmemAlloc).toBe(1);
  });

  test("a packet that cannot join completes the held one first, and is held itself", () => {
    const { make, give, up } = bench();
    const first = make();
    give(first);
    expect(give(make({ id: 99 }))).toBe("HELD");
    expect(up).toEqual([first]);
  });

  test("a packet that completes one and must not be held itself goes up behind it", () => {
    const refusing: GroReceive = (_k, held, skb) => {
      if (held.length > 0) napiGroCb(skb).flush = 1;
      return held[0] ?? null;
    };
    const k: NetKernel = {
      ...toyKernel,
      offloads: { ...toyKernel.offloads, packetGro: new Map([[0x0800, { receive: refusing, complete: () => 0 }]]) },
    };
    const { make, give, up } = bench({ k });
    const [first, second] = [make(), make()];
    expect([give(first), give(second)]).toEqual(["HELD", "NORMAL"]);
    expect(up).toEqual([first, second]);
  });

  test("a packet that somebody took over is left alone", () => {
    const { make, give, up } = bench();
    const skb = make({ flags: STOLEN });
    expect(give(skb)).toBe("CONSUMED");
    expect(up).toEqual([]);
    kfreeSkb(skb);
  });

  test("whole packets make a list", () => {
    const { make, give, up, finish } = bench();
    for (let i = 0; i < 3; i++) give(make({ flags: LIST }));
    finish();
    expect(up).toHaveLength(1);
    expect(counts(up)).toEqual([3]);
  });

  test("a device's checksum state is what the layers start from", () => {
    const { make, give } = bench();
    const [complete, unnecessary] = [make({ flow: 1 }), make({ flow: 2 })];
    Object.assign(complete, { ipSummed: CHECKSUM_COMPLETE, csum: 77 });
    Object.assign(unnecessary, { ipSummed: CHECKSUM_UNNECESSARY, csumLevel: 2 });
    give(complete);
    give(unnecessary);
    expect(napiGroCb(complete)).toMatchObject({ csum: 77, csumValid: true });
    expect(napiGroCb(unnecessary).csumCnt).toBe(3);
  });

  test("completing a packet that is not held is memory corruption", () => {
    const stray: GroReceive = (_k, held) => held[0] ?? null;
    const twice: GroReceive = () => delivered as SkBuff;
    let delivered: SkBuff | undefined;
    const kWith = (receive: GroReceive): NetKernel => ({
      ...toyKernel,
      offloads: { ...toyKernel.offloads, packetGro: new Map([[0x0800, { receive, complete: () => 0 }]]) },
    });
    const { make, napi } = bench();
    delivered = make();
    napiGroReceive(kWith(stray), napi, delivered);
    napiGroReceive(kWith(stray), napi, make());
    expect(() => napiGroReceive(kWith(twice), napi, make())).toThrow("use-after-free");
  });
});

describe("one flow", () => {
  /** The verdict on a second packet which differs from the first only as said. */
  function second(change: (skb: SkBuff, first: SkBuff) => void): GroVerdict {
    const { make, give } = bench();
    const [first, skb] = [make(), make()];
    change(skb, first);
    give(first);
    return give(skb);
  }

  test("has one link header, one hardware VLAN tag, one device, one hash", () => {
    expect(second(() => {})).toBe("MERGED");
    expect(second((skb) => skb.mem.arena.bytes.set([9], skb.head.base + skb.macHeader))).toBe("HELD");
    expect(second((skb) => Object.assign(skb, { vlanProto: 0x8100, vlanTci: 5 }))).toBe("HELD");
    expect(second((skb) => Object.assign(skb, { dev: receivingDevice({}, "eth1") }))).toBe("HELD");
    expect(second((skb) => Object.assign(skb, { hash: 8 }))).toBe("HELD");
  });

  test("has the same metadata in front of the link header", () => {
    const metadata = (skb: SkBuff, byte: number): void => {
      skb.shinfo.metaLen = 4;
      skb.mem.arena.bytes.fill(byte, skb.head.base + skb.macHeader - 4, skb.head.base + skb.macHeader);
    };
    expect(second((skb) => metadata(skb, 1))).toBe("HELD");
    expect(
      second((skb, first) => {
        metadata(skb, 1);
        metadata(first, 2);
      }),
    ).toBe("HELD");
    expect(
      second((skb, first) => {
        metadata(skb, 1);
        metadata(first, 1);
      }),
    ).toBe("MERGED");
  });

  test("has the same owner, where either packet asks for the slow comparison", () => {
    const owner = new Sock("one");
    expect(second((skb) => Object.assign(skb, { sk: owner, destructor: "sock_wfree" }))).toBe("MERGED");
    expect(second((skb) => Object.assign(skb, { sk: owner, destructor: "sock_wfree", slowGro: true }))).toBe("HELD");
    expect(second((skb) => Object.assign(skb, { slowGro: true }))).toBe("MERGED");
  });
});

describe("completion", () => {
  const failing = (err: number): NetKernel => ({
    ...toyKernel,
    offloads: {
      ...toyKernel.offloads,
      packetGro: new Map([
        [0x0800, { receive: toyKernel.offloads.packetGro.get(0x0800)?.receive as GroReceive, complete: () => err }],
      ]),
    },
  });

  test("that fails loses all that was aggregated", () => {
    const { make, give, up, mem, finish } = bench({ k: failing(-EINVAL) });
    give(make());
    give(make());
    finish();
    expect(up).toEqual([]);
    expect(mem.warnings).toEqual([]);
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });

  test("that fails takes a head that was just stolen with it, and leaves the shell to be freed", () => {
    const { make, give, mem, finish } = bench({ k: failing(-EINVAL) });
    give(make());
    expect(give(make({ flags: ENDS }, { headFrag: true }))).toBe("MERGED_FREE");
    expect([mem.reports, alive(mem)]).toEqual([[], NOTHING_ALIVE]);
    finish();
    expect(mem.reports).toEqual([]);
  });

  test("without a handler says so", () => {
    const { make, give, mem, napi } = bench();
    give(make());
    give(make());
    const none = { ...toyKernel, offloads: { ...toyKernel.offloads, packetGro: new Map() } };
    napiGroFlush(none, napi, false);
    expect(mem.warnings.map(({ id }) => id)).toEqual(["gro-no-handler"]);
  });

  test("forgets an encapsulation that the device had marked", () => {
    const { make, give, up, finish } = bench();
    const skb = make();
    skb.encapsulation = true;
    give(skb);
    give(make());
    finish();
    expect(up[0]?.encapsulation).toBe(false);
  });

  test("of an aggregate that came without a count is completed like any other", () => {
    const { make, give, up, napi } = bench();
    const skb = make();
    Object.assign(skb.shinfo, { gsoSize: 4, gsoType: SKB_GSO_TCPV4, gsoSegs: 0 });
    give(skb);
    napiComplete(toyKernel, napi);
    expect(up[0]?.shinfo.gsoSize).toBe(4);
  });
});

describe("flushing", () => {
  test("goes bucket by bucket and within one from the oldest on", () => {
    const { make, give, up, finish } = bench();
    const packets = [1, 1, 0, 0].map((hash, flow) => Object.assign(make({ flow }), { hash }));
    for (const skb of packets) give(skb);
    finish();
    expect(up).toEqual([packets[2], packets[3], packets[0], packets[1]]);
  });

  test("of old packets stops at the first of this jiffy", () => {
    const { make, give, up, napi } = bench();
    const [old, fresh] = [make({ flow: 1 }), make({ flow: 2 })];
    give(old);
    napi.jiffies = 1;
    give(fresh);
    napiGroFlush(toyKernel, napi, true);
    expect(up).toEqual([old]);
    expect(napi.groBitmask).toBe(1);
    napi.jiffies = 2;
    napiGroFlush(toyKernel, napi, true);
    expect(up).toEqual([old, fresh]);
    expect(napi.groBitmask).toBe(0);
  });
});

describe("a kernel that decides otherwise", () => {
  test("aggregates what was never verified", () => {
    const k = { ...toyKernel, gro: { ...toyKernel.gro, isTrustedGso: (type: number) => (type & SKB_GSO_TCPV4) !== 0 } };
    const { make, give, up, finish } = bench({ k });
    const dodgy = make();
    Object.assign(dodgy.shinfo, { gsoSize: 4, gsoType: SKB_GSO_TCPV4 | SKB_GSO_DODGY, gsoSegs: 0 });
    expect([give(make()), give(dodgy)]).toEqual(["HELD", "HELD"]);
    finish();
    expect(up).toHaveLength(2);
  });
});
