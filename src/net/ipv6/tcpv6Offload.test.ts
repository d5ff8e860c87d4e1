import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  NETIF_F_TSO6,
  SKB_GSO_TCPV4,
} from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import { moveBytes, putBytes, readU16, readU32, writeU16 } from "../../skb/bytes.js";
import { EINVAL, EPERM } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { chain, clonesOf, failAllocations, flatten, makeMemory, reportsOf } from "../../skb/testing/make.js";
import { NEXTHDR_DEST, NEXTHDR_HOP, NEXTHDR_TCP } from "../../wire/ipv6Ext.js";
import { skbGsoSegment } from "../core/gso.js";
import { checksumHolds, headersLength, kernelOf, tcpStream } from "../testing/tcpPackets.js";
import { ipv6HasHopoptJumbo } from "./hopoptJumbo.js";

const k = kernelOf();
const IPV6 = { family: "ipv6" } as const;
const HEADERS = headersLength(IPV6);

function segmentsOf(skb: SkBuff, features = 0): SkBuff[] {
  const segs = skbGsoSegment(k, skb, features);
  if (segs === null || typeof segs === "number") throw new Error(`segmentation returned ${segs}`);
  return chain(segs);
}

const payloadOf = (seg: SkBuff): Uint8Array => flatten(seg).slice(HEADERS);
const seqOf = (seg: SkBuff): number => readU32(seg, seg.transportHeader + 4);

describe("tcp6_gso_segment", () => {
  test.each([0, NETIF_F_SG, NETIF_F_SG | NETIF_F_HW_CSUM])("payload kept, checksums right, features %d", (features) => {
    const skb = tcpStream(IPV6, { linear: 33, frags: [400, 101], gsoSize: 150 });
    const data = payloadOf(skb);
    const segs = segmentsOf(skb, features);
    expect(concat(segs.map(payloadOf))).toEqual(data);
    expect(segs.map(seqOf)).toEqual([5000, 5150, 5300, 5450]);
    expect(segs.map((seg) => readU16(seg, seg.networkHeader + 4))).toEqual([170, 170, 170, 104]);
    expect(segs.every(checksumHolds)).toBe(true);
  });

  test("a checksum that nobody prepared: the pseudo header sum is made here", () => {
    const skb = tcpStream(IPV6, { linear: 20, gsoSize: 10 });
    skb.ipSummed = CHECKSUM_NONE;
    writeU16(skb, skb.transportHeader + 16, 0xabcd);
    const segs = segmentsOf(skb, NETIF_F_HW_CSUM);
    expect(segs.map((seg) => seg.ipSummed)).toEqual([CHECKSUM_PARTIAL, CHECKSUM_PARTIAL]);
    expect(segs.every(checksumHolds)).toBe(true);
  });

  test("a device that can do it: NULL, gso_segs counted anew", () => {
    const skb = tcpStream(IPV6, { linear: 25, gsoSize: 10 });
    expect(skbGsoSegment(k, skb, NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO6)).toBeNull();
    expect(skb.shinfo.gsoSegs).toBe(3);
  });

  test("-EINVAL for the other family's type and for a packet shorter than a TCP header", () => {
    expect(skbGsoSegment(k, tcpStream(IPV6, { linear: 20, gsoSize: 10, gsoType: SKB_GSO_TCPV4 }), 0)).toBe(-EINVAL);
    const short = tcpStream(IPV6, { gsoSize: 10 });
    short.len -= 1;
    short.tail -= 1;
    expect(skbGsoSegment(k, short, 0)).toBe(-EINVAL);
  });
});

describe("the jumbo hop-by-hop header", () => {
  /** A packet of that many payload bytes with the header in place; `bend` changes its eight bytes. */
  function jumbo(payload: number, bend: (option: Uint8Array) => void = () => {}): SkBuff {
    const skb = tcpStream(
      IPV6,
      { headroom: 80, tailroom: 0, frags: [payload], gsoSize: 1440 },
      makeMemory("identity", 1 << 20),
    );
    const mac = skb.data - 8;
    moveBytes(skb, skb.data, mac, 54);
    skb.data = skb.macHeader = mac;
    skb.len += 8;
    skb.networkHeader -= 8;
    const len = skb.len - 54;
    const option = Uint8Array.of(
      NEXTHDR_TCP,
      0,
      0xc2,
      4,
      len >>> 24,
      (len >>> 16) & 0xff,
      (len >>> 8) & 0xff,
      len & 0xff,
    );
    bend(option);
    putBytes(skb, mac + 54, option);
    putBytes(skb, skb.networkHeader + 4, Uint8Array.of(0, 0, NEXTHDR_HOP));
    return skb;
  }

  test("is taken out: segments are those of the packet without it", () => {
    const skb = jumbo(100_000);
    const data = flatten(skb).slice(HEADERS + 8);
    const macAndIp = flatten(skb).slice(0, 18);
    const segs = segmentsOf(skb, NETIF_F_SG);
    expect(segs).toHaveLength(70);
    expect(concat(segs.map(payloadOf))).toEqual(data);
    expect(segs.every((seg) => seg.macLen === 14 && flatten(seg)[14 + 6] === NEXTHDR_TCP)).toBe(true);
    expect(segs.map((seg) => flatten(seg).slice(0, 18))).toEqual(segs.map(() => macAndIp));
    expect(readU16(segs[0] as SkBuff, (segs[0] as SkBuff).networkHeader + 4)).toBe(1460);
    expect(segs.every(checksumHolds)).toBe(true);
  });

  test("a head that others share is made private first", () => {
    const skb = jumbo(100_000);
    const [clone] = clonesOf(skb, 1) as [SkBuff];
    const before = flatten(skb);
    segmentsOf(clone, NETIF_F_SG);
    expect(flatten(skb)).toEqual(before);
    expect(reportsOf(skb.mem)).toEqual([]);
  });

  test("no memory for that: -1 as it is", () => {
    const skb = jumbo(100_000);
    const [clone] = clonesOf(skb, 1) as [SkBuff];
    failAllocations(skb.mem, 1);
    expect(skbGsoSegment(k, clone, NETIF_F_SG)).toBe(-EPERM);
  });

  test("is known only by all its marks", () => {
    const known = (skb: SkBuff): boolean => ipv6HasHopoptJumbo(skb);
    expect(known(jumbo(65_537 - HEADERS - 8))).toBe(true);
    expect(known(jumbo(65_536 - HEADERS - 8))).toBe(false);
    expect(known(Object.assign(jumbo(100_000), { protocol: 0x8100 }))).toBe(false);
    expect(known(Object.assign(jumbo(100_000), { networkHeader: 200 }))).toBe(false);
    for (const [at, value] of [
      [0, 17],
      [1, 1],
      [2, 5],
    ] as const) {
      expect(known(jumbo(100_000, (option) => option.set([value], at)))).toBe(false);
    }
    const other = jumbo(100_000);
    putBytes(other, other.networkHeader + 6, Uint8Array.of(NEXTHDR_DEST));
    expect(known(other)).toBe(false);
  });
});
