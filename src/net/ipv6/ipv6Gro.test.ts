import { describe, expect, test } from "vitest";
import { concat } from "../../bytes/concat.js";
import { readU8, readU16, readU32 } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { flatten, makeMemory, shapeOf } from "../../skb/testing/make.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import { emitIpv6Extension, NEXTHDR_DEST, NEXTHDR_HOP } from "../../wire/ipv6Ext.js";
import { IPPROTO_TCP } from "../../wire/tcp.js";
import { Napi, napiComplete, napiGroReceive } from "../core/gro/napi.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import {
  inEthernet,
  inIpv6,
  toyKernel as k,
  type Layout,
  received,
  receivingDevice,
  TOY_PROTO,
  type Toy6,
  toyFrame6,
  toyGro,
  toySegment,
} from "../core/gro/testing/groPackets.js";
import type { NetKernel } from "../NetKernel.js";
import { ipv6GroComplete } from "./ipv6Gro.js";

function bench(kernel: NetKernel = k) {
  const mem = makeMemory("identity", 1 << 19);
  const up: SkBuff[] = [];
  const dev = receivingDevice({ groMaxSize: 200_000 });
  const napi = new Napi(dev, (skb) => up.push(skb), { groNormalBatch: 1 });
  const give = (frame: Uint8Array, layout: Layout = { linear: 14 }) =>
    napiGroReceive(kernel, napi, received(mem, napi.dev, frame, layout));
  return { mem, napi, up, give, finish: () => napiComplete(kernel, napi) };
}

/** A packet with a destination header of `units` times eight bytes more, and perhaps a hop-by-hop header in front. */
function withExtensions(units: number, hop = false, toy: Toy6 = {}): Uint8Array {
  const headers = new Uint8Array(8 * (units + 1) + (hop ? 8 : 0));
  let at = 0;
  if (hop) at += emitIpv6Extension(headers, 0, "hop-by-hop", 0, NEXTHDR_DEST);
  emitIpv6Extension(headers, at, "destination", units, TOY_PROTO);
  return inEthernet(
    inIpv6(concat([headers, toySegment(toy)]), toy, hop ? NEXTHDR_HOP : NEXTHDR_DEST),
    ETH_P_IPV6,
    toy.padding,
  );
}

describe("which packets are merged or held", () => {
  test("those of a transport that somebody knows, with nothing behind the packet", () => {
    expect(bench().give(toyFrame6())).toBe("HELD");
    expect(bench().give(toyFrame6({ padding: 1 }))).toBe("NORMAL");
    expect(bench().give(inEthernet(inIpv6(toySegment({}), {}, 200), ETH_P_IPV6))).toBe("NORMAL");
  });

  test("not half a header", () => {
    expect(bench().give(inEthernet(new Uint8Array(39).fill(0x60), ETH_P_IPV6))).toBe("NORMAL");
  });

  test("those behind extension headers that may be skipped", () => {
    const { give, up, finish } = bench();
    expect(give(withExtensions(2, true))).toBe("HELD");
    expect(give(withExtensions(2, true))).toBe("MERGED_FREE");
    finish();
    expect(shapeOf(up[0] as SkBuff)).toBe(`linear ${40 + 8 + 24 + 4} | frags 8 8`);
    expect((up[0] as SkBuff).transportOffset).toBe(72);
  });

  test("not those whose extension header is cut off", () => {
    const header = Uint8Array.of(TOY_PROTO, 3, 0, 0, 0, 0, 0, 0);
    expect(bench().give(inEthernet(inIpv6(header, {}, NEXTHDR_DEST), ETH_P_IPV6))).toBe("NORMAL");
    expect(bench().give(inEthernet(inIpv6(Uint8Array.of(9), {}, NEXTHDR_DEST), ETH_P_IPV6))).toBe("NORMAL");
  });
});

describe("a flow", () => {
  const second = (first: Uint8Array, next: Uint8Array): string => {
    const { give } = bench();
    give(first);
    return give(next);
  };

  test("has one flow label and one pair of addresses", () => {
    expect(second(toyFrame6(), toyFrame6())).toBe("MERGED_FREE");
    expect(second(toyFrame6(), toyFrame6({ flowLabel: 1 }))).toBe("HELD");
    const other = toyFrame6();
    other[14 + 23] = 99;
    expect(second(toyFrame6(), other)).toBe("HELD");
  });

  test("is one in spite of another traffic class, which only ends the aggregate", () => {
    const { give, up } = bench();
    give(toyFrame6());
    expect(give(toyFrame6({ trafficClass: 8 }))).toBe("HELD");
    expect(up).toHaveLength(1);
  });

  test("has the same extension headers", () => {
    expect(second(withExtensions(0), withExtensions(0))).toBe("MERGED_FREE");
    expect(second(withExtensions(0), withExtensions(1))).toBe("HELD");
    expect(second(withExtensions(0), toyFrame6())).toBe("HELD");
    const other = withExtensions(0);
    other[14 + 40 + 6] = 1;
    expect(second(withExtensions(0), other)).toBe("HELD");
  });
});

test("a complete sum loses the header bytes", () => {
  const mem = makeMemory();
  const napi = new Napi(receivingDevice(), () => {});
  const skb = received(mem, napi.dev, withExtensions(1));
  Object.assign(skb, { ipSummed: 2, csum: 0xffff });
  napiGroReceive(k, napi, skb);
  expect(napiGroCb(skb).csum).not.toBe(0xffff);
});

describe("an aggregate", () => {
  test("gets its own payload length", () => {
    const { give, up, finish } = bench();
    for (let i = 0; i < 3; i++) give(toyFrame6());
    finish();
    const skb = up[0] as SkBuff;
    expect(readU16(skb, skb.data + 4)).toBe(4 + 24);
  });

  /** TCP's number with the toy's rules. */
  const tcpLike: NetKernel = { ...k, offloads: { ...k.offloads, inet6Gro: new Map([[IPPROTO_TCP, toyGro]]) } };
  const tcpFrame = () =>
    inEthernet(inIpv6(toySegment({ payload: new Uint8Array(30_000).fill(3) }), {}, IPPROTO_TCP), ETH_P_IPV6);

  test("above 64 KiB says its length in a hop-by-hop option, put in by moving the headers", () => {
    const { give, up, finish } = bench(tcpLike);
    for (let i = 0; i < 3; i++) give(tcpFrame(), { linear: 14, fragment: 1 << 16 });
    finish();
    const skb = up[0] as SkBuff;
    const payloadLen = 4 + 90_000;
    expect(napiGroCb(skb).count).toBe(3);
    expect(skb.len).toBe(40 + 8 + payloadLen);
    expect(readU16(skb, skb.data + 4)).toBe(0);
    expect(readU8(skb, skb.data + 6)).toBe(NEXTHDR_HOP);
    expect([...flatten(skb).subarray(40, 44)]).toEqual([IPPROTO_TCP, 0, 0xc2, 4]);
    expect(readU32(skb, skb.data + 44)).toBe(payloadLen + 8);
    expect(skb.transportOffset).toBe(48);
    expect(skb.macOffset).toBe(-14);
    expect(readU16(skb, skb.macHeader + 12)).toBe(ETH_P_IPV6);
    expect(skb.networkHeader).toBe(skb.data);
  });

  test("is not made where there is no room for the option in front of the link header", () => {
    const { give, up, finish } = bench(tcpLike);
    for (let i = 0; i < 3; i++) give(tcpFrame(), { linear: 14, fragment: 1 << 16, headroom: 7 });
    finish();
    expect(up.map((skb) => napiGroCb(skb).count)).toEqual([2, 1]);
  });

  test("writes in front of its buffer in a kernel that asks for headroom at the wrong place", () => {
    const lax: NetKernel = { ...tcpLike, groMerge: { ...tcpLike.groMerge, mayExceedLegacySize: () => true } };
    const { give, finish } = bench(lax);
    for (let i = 0; i < 3; i++) give(tcpFrame(), { linear: 14, fragment: 1 << 16, headroom: 7 });
    expect(finish).toThrow("out-of-bounds");
  });

  test("whose transport is gone is not completed", () => {
    const { mem, napi } = bench();
    const skb = received(mem, napi.dev, inEthernet(inIpv6(toySegment({}), {}, 200), ETH_P_IPV6));
    expect(ipv6GroComplete(k, skb, 0)).toBe(-38);
    expect(mem.warnings.map(({ id }) => id)).toEqual(["gro-no-transport"]);
  });
});
