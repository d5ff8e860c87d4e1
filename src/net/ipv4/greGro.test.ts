import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_UNNECESSARY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_GRE,
  SKB_GSO_GRE_CSUM,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { concat } from "../../bytes/concat.js";
import { putU16 } from "../../bytes/view.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { flatten, membersOf } from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6, ETH_P_TEB } from "../../wire/ethernet.js";
import { emitGre, GRE_CHECK, type GreHeader, greLength, IPPROTO_GRE } from "../../wire/gre.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import { inEthernet, inIpv4, inIpv6 } from "../core/gro/testing/groPackets.js";
import type { GroCallbacks } from "../NetKernel.js";
import { greGro } from "./greGro.js";
import { GroBench, groKernel, piece, udpFrame, udpIp } from "./testing/groFlows.js";

const FORWARDING = { groUdpFwd: true };

interface Outer {
  readonly header?: Partial<GreHeader>;
  /** Bits beside those of the header. */
  readonly flags?: number;
  readonly ipv6?: boolean;
  /** Change of the checksum. */
  readonly wrongBy?: number;
  /** What is inside; otherwise the `i`-th datagram. */
  readonly inner?: Uint8Array;
}

function greFrame(i: number, { header = {}, flags = 0, ipv6 = false, wrongBy = 0, inner }: Outer = {}): Uint8Array {
  const gre: GreHeader = { proto: ETH_P_IP, ...header };
  const bytes = concat([new Uint8Array(greLength(gre)), inner ?? udpIp({ data: piece(40, i), ip: { id: i } })]);
  emitGre(bytes, 0, gre.check === undefined ? gre : { ...gre, check: 0 });
  if (flags !== 0) putU16(bytes, 0, flags);
  if (gre.check !== undefined) {
    putU16(bytes, GRE_CHECK, (csumFold(csumPartial(bytes, 0, bytes.length, 0)) + wrongBy) & 0xffff);
  }
  const packet = ipv6 ? inIpv6(bytes, {}, IPPROTO_GRE) : inIpv4(bytes, { id: 70 + i }, IPPROTO_GRE);
  return inEthernet(packet, ipv6 ? ETH_P_IPV6 : ETH_P_IP);
}

/** The verdicts on two packets of that kind, and the segments in what is held. */
function twice(outer: Outer, features: object = FORWARDING): { bench: GroBench; verdicts: string[] } {
  const bench = new GroBench(features);
  return { bench, verdicts: [0, 1].map((i) => bench.take(greFrame(i, outer))) };
}

describe("gre_gro_receive", () => {
  test.each<[string, Outer]>([
    ["the plain header", {}],
    ["a key", { header: { key: 5 } }],
    ["a checksum", { header: { check: 0 } }],
    ["IPv6 outside", { ipv6: true }],
    ["a frame inside", { header: { proto: ETH_P_TEB }, inner: udpFrame() }],
  ])("merges what is inside under %s", (_case, outer) => {
    const { bench, verdicts } = twice(outer);
    expect(verdicts).toEqual(["HELD", "MERGED"]);
    const cb = napiGroCb(bench.held[0] as SkBuff);
    expect([cb.count, cb.encapMark, cb.proto]).toEqual([2, true, 17]);
  });

  test.each<[string, Outer]>([
    ["a sequence number", { header: { sequence: 1 } }],
    ["version 1", { flags: 1 }],
    ["a routing flag", { flags: 0x4000 }],
    ["a protocol that nobody merges", { header: { proto: 0x0806 } }],
    ["a wrong checksum", { header: { check: 0 }, wrongBy: 1 }],
    ["GRE inside GRE", { inner: greFrame(0).slice(14) }],
  ])("passes %s up", (_case, outer) => {
    expect(twice(outer).verdicts).toEqual(["NORMAL", "NORMAL"]);
  });

  test("a header that is not all there is passed up", () => {
    const bench = new GroBench(FORWARDING);
    const base = Uint8Array.of(0, 0, 8, 0);
    for (const bytes of [base.slice(0, 3), base, Uint8Array.of(0x20, 0, 8, 0, 0, 0)]) {
      expect(bench.take(inEthernet(inIpv4(bytes, {}, IPPROTO_GRE), ETH_P_IP))).toBe("NORMAL");
    }
  });

  test("a checksum is not verified for what is passed up anyway", () => {
    const bench = new GroBench(FORWARDING);
    const frame = concat([greFrame(0, { header: { check: 0 }, wrongBy: 1 }), new Uint8Array(2)]);
    expect(bench.take(frame)).toBe("NORMAL");
    expect(bench.delivered[0]?.ipSummed).toBe(CHECKSUM_NONE);
  });

  test("a checksum that is right vouches for what is inside as well", () => {
    const { bench } = twice({ header: { check: 0 } });
    const [skb] = bench.held as [SkBuff];
    expect([skb.ipSummed, skb.csumLevel]).toEqual([CHECKSUM_UNNECESSARY, 1]);
  });

  test.each<[string, Outer, Outer]>([
    ["another key", { header: { key: 5 } }, { header: { key: 6 } }],
    ["a key and none", { header: { key: 5 } }, {}],
    ["a checksum and none", { header: { check: 0 } }, {}],
    ["another protocol", {}, { header: { proto: ETH_P_TEB }, inner: udpFrame() }],
  ])("%s is another tunnel", (_case, first, second) => {
    const bench = new GroBench(FORWARDING);
    bench.take(greFrame(0, first));
    expect(bench.take(greFrame(1, second))).toBe("HELD");
    expect(bench.held.map((skb) => napiGroCb(skb).count)).toEqual([1, 1]);
  });

  test.each([
    ["a key alone, a shorter datagram is the last", { key: 5 }, "MERGED"],
    ["a key behind a checksum, it is of another tunnel: its checksum is compared", { key: 5, check: 0 }, "HELD"],
  ])("with %s", (_case, header, verdict) => {
    const bench = new GroBench(FORWARDING);
    bench.take(greFrame(0, { header }));
    expect(bench.take(greFrame(1, { header, inner: udpIp({ data: piece(20, 2), ip: { id: 1 } }) }))).toBe(verdict);
  });

  test("inside UDP a checksum is passed up: the place of its header is not remembered", () => {
    const inUdp: GroCallbacks = {
      ...greGro,
      receive(k, held, skb) {
        napiGroCb(skb).isFou = true;
        return greGro.receive(k, held, skb);
      },
    };
    const inetGro = new Map(groKernel.offloads.inetGro).set(IPPROTO_GRE, inUdp);
    const k = { ...groKernel, offloads: { ...groKernel.offloads, inetGro } };
    const bench = new GroBench({ ...FORWARDING, k });
    expect(bench.take(greFrame(0))).toBe("HELD");
    expect(bench.take(greFrame(0, { header: { check: 0 } }))).toBe("NORMAL");
  });

  test("a tunnel of another flow of addresses is left alone", () => {
    const bench = new GroBench(FORWARDING);
    bench.take(udpFrame());
    expect(bench.take(greFrame(0))).toBe("HELD");
    expect(bench.held).toHaveLength(2);
  });
});

describe("gre_gro_complete", () => {
  const complete = (outer: Outer, features: object = FORWARDING): SkBuff =>
    twice(outer, features).bench.flush()[0] as SkBuff;

  test.each<[string, Outer, number, number]>([
    ["without a checksum", { header: { key: 9 } }, SKB_GSO_GRE, 8],
    ["with one", { header: { check: 0 } }, SKB_GSO_GRE_CSUM, 8],
  ])("a payload %s: the type of tunnel, and where the inner headers are", (_case, outer, type, grehlen) => {
    const skb = complete(outer);
    expect(skb.shinfo.gsoType).toBe(type | SKB_GSO_UDP_L4);
    expect([skb.encapsulation, skb.shinfo.gsoSegs]).toEqual([true, 2]);
    const inner = skb.data + 20 + grehlen;
    expect([skb.innerMacHeader, skb.innerNetworkHeader, skb.innerTransportHeader]).toEqual([inner, inner, inner + 20]);
    expect([skb.innerProtocol, skb.csumStart]).toEqual([ETH_P_IP, inner + 20]);
    const lengths = [2, 20 + grehlen + 2, 20 + grehlen + 24];
    const bytes = flatten(skb);
    expect(lengths.map((at) => ((bytes[at] as number) << 8) | (bytes[at + 1] as number))).toEqual([
      bytes.length,
      108,
      88,
    ]);
  });

  test("a list inside a tunnel", () => {
    const skb = complete({}, { groFraglist: true });
    // The mark of the encapsulation is not taken off here, so the datagrams count as a payload.
    expect(skb.shinfo.gsoType).toBe(SKB_GSO_GRE | SKB_GSO_UDP_L4);
    expect(skb.shinfo.gsoType & SKB_GSO_FRAGLIST).toBe(0);
    expect(membersOf(skb)).toHaveLength(1);
  });

  test("a protocol that nobody completes loses the packet", () => {
    const { bench } = twice({});
    const [skb] = bench.held as [SkBuff];
    const k = { ...groKernel, offloads: { ...groKernel.offloads, packetGro: new Map() } };
    expect(greGro.complete(k, skb, 20)).toBe(-2);
  });
});
