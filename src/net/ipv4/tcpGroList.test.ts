import { describe, expect, test } from "vitest";
import { CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, SKB_GSO_TCPV4, SKB_GSO_TCPV6 } from "../../abi/features.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { membersOf, payload } from "../../skb/testing/make.js";
import { TCPHDR_ACK, TCPHDR_PSH } from "../../wire/tcp.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import { FakeNamespace, GroBench, groKernelWith, piece, type TcpFrame, tcpFrame } from "./testing/groFlows.js";

const families = [
  ["IPv4", false],
  ["IPv6", true],
] as const;
const LIST = { groFraglist: true };
const MSS = 40;

/** The `i`-th segment of a stream that is cut every 40 bytes. */
const segment = (i: number, of: TcpFrame = {}): Uint8Array =>
  tcpFrame({ data: piece(MSS, i), seq: (0xffff_ffe0 + i * MSS) >>> 0, ...of, ip: { id: i, ...of.ip } });

/** Its payload can be cut, whatever it is merged with. */
const IN_PAGE = { headFrag: true };

const at = (ipv6: boolean): number => (ipv6 ? 40 : 20);
const countsOf = (skbs: readonly SkBuff[]): number[] => skbs.map((skb) => napiGroCb(skb).count);
const flistOf = (skbs: readonly SkBuff[]): boolean[] => skbs.map((skb) => napiGroCb(skb).isFlist);

/** Makes it an aggregate that a device merged, of segments of `size` bytes. */
const aggregated =
  (size: number, segs: number, type: number) =>
  (skb: SkBuff): void => {
    const shinfo = skb.shinfo;
    shinfo.gsoSize = size;
    shinfo.gsoSegs = segs;
    shinfo.gsoType = type;
    skb.ipSummed = CHECKSUM_UNNECESSARY;
  };

describe.each(families)("tcp_check_fraglist_gro over %s", (_name, ipv6) => {
  const type = ipv6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
  const whole = aggregated(MSS, 2, type);
  const double = (i: number): Uint8Array => segment(i, { ipv6, data: piece(2 * MSS, i / 2) });

  test("nobody here listens: a list", () => {
    const net = new FakeNamespace();
    const bench = new GroBench({ ...LIST, net });
    bench.take(segment(0, { ipv6 }));
    bench.take(segment(1, { ipv6 }));
    expect(flistOf(bench.held)).toEqual([true]);
    expect(net.lookups).toMatchObject([{ source: 1000, dest: 2000 }]);
    expect(flistOf(new GroBench(LIST).held)).toEqual([]);
  });

  test("without any sockets: a list; without the feature: none, and no question", () => {
    const bench = new GroBench(LIST);
    bench.take(segment(0, { ipv6 }));
    expect(flistOf(bench.held)).toEqual([true]);
    const net = new FakeNamespace();
    const plain = new GroBench({ net });
    plain.take(segment(0, { ipv6 }));
    expect(flistOf(plain.held)).toEqual([false]);
    expect(net.lookups).toEqual([]);
  });

  test("an established socket: a payload", () => {
    const bench = new GroBench({ ...LIST, net: new FakeNamespace(new Map(), true, 2000) });
    bench.take(segment(0, { ipv6 }));
    bench.take(segment(1, { ipv6 }));
    expect(flistOf(bench.held)).toEqual([false]);
    expect(countsOf(bench.held)).toEqual([2]);
  });

  test("an aggregate opens no list", () => {
    const bench = new GroBench(LIST);
    expect(bench.take(double(0), {}, whole)).toBe("HELD");
    expect(flistOf(bench.held)).toEqual([false]);
  });

  test("an aggregate makes a payload of a list of one", () => {
    const bench = new GroBench(LIST);
    bench.take(segment(0, { ipv6 }), {}, (skb) => {
      skb.ipSummed = CHECKSUM_UNNECESSARY;
    });
    bench.take(segment(1, { ipv6, data: payload(2 * MSS, MSS) }), IN_PAGE, whole);
    expect(flistOf(bench.held)).toEqual([false]);
    expect(countsOf(bench.held)).toEqual([3]);
  });

  test("an aggregate ends a longer list", () => {
    const bench = new GroBench(LIST);
    bench.take(segment(0, { ipv6 }));
    bench.take(segment(1, { ipv6 }));
    expect(bench.take(segment(2, { ipv6, data: payload(2 * MSS, 2 * MSS) }), {}, whole)).toBe("HELD");
    expect(bench.delivered.map((skb) => skb.shinfo.gsoSegs)).toEqual([2]);
    expect(flistOf(bench.held)).toEqual([false]);
  });

  test("a segment behind an aggregate goes into its payload", () => {
    const bench = new GroBench(LIST);
    bench.take(double(0), {}, whole);
    bench.take(segment(2, { ipv6 }));
    expect(flistOf(bench.held)).toEqual([false]);
    expect(countsOf(bench.held)).toEqual([3]);
  });

  test("releases once chained aggregates as members", () => {
    const bench = new GroBench({ ...LIST, k: groKernelWith("tcpGro", { staysOutOfLists: () => false }) });
    bench.take(segment(0, { ipv6 }), {}, (skb) => {
      skb.ipSummed = CHECKSUM_UNNECESSARY;
    });
    bench.take(segment(1, { ipv6, data: payload(2 * MSS, MSS) }), {}, whole);
    expect(membersOf(bench.held[0] as SkBuff).map(({ len }) => len)).toEqual([2 * MSS]);
  });
});

describe.each(families)("tcp_gro_receive over %s: lists ask more", (_name, ipv6) => {
  const bench = (): GroBench => {
    const one = new GroBench(LIST);
    one.take(segment(0, { ipv6 }));
    return one;
  };

  test.each<[string, TcpFrame, (skb: SkBuff) => void]>([
    ["PSH, which a payload takes", { flags: TCPHDR_ACK | TCPHDR_PSH }, () => {}],
    [
      "another checksum state",
      {},
      (skb) => {
        skb.ipSummed = CHECKSUM_PARTIAL;
        skb.csumStart = skb.data + at(ipv6);
      },
    ],
    [
      "another checksum level",
      {},
      (skb) => {
        skb.ipSummed = CHECKSUM_UNNECESSARY;
        skb.csumLevel = 2;
      },
    ],
  ])("%s: the list is completed first", (_case, of, prepare) => {
    const one = bench();
    one.take(segment(1, { ipv6, ...of }), {}, prepare);
    expect(countsOf(one.delivered.slice(0, 1))).toEqual([1]);
    expect(one.held.length + one.delivered.length).toBe(2);
  });

  test("64 segments fill it; the 65th completes it", () => {
    const one = bench();
    for (let i = 1; i < 64; i++) one.take(segment(i, { ipv6 }));
    expect(countsOf(one.held)).toEqual([64]);
    expect(one.take(segment(64, { ipv6 }))).toBe("HELD");
    expect(one.delivered.map((skb) => skb.shinfo.gsoSegs)).toEqual([64]);
  });

  test("what would be too long completes it", () => {
    const one = new GroBench(LIST);
    const data = payload(32_740);
    one.take(segment(0, { ipv6, data }));
    expect(one.take(segment(1, { ipv6, data, seq: (0xffff_ffe0 + data.length) >>> 0 }))).toBe("HELD");
    expect(countsOf(one.delivered)).toEqual([1]);
  });

  test("a shorter segment is the last", () => {
    const one = bench();
    one.take(segment(1, { ipv6, data: payload(7, MSS) }));
    expect(one.delivered.map((skb) => skb.shinfo.gsoSegs)).toEqual([2]);
  });
});
