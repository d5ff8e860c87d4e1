import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  NETIF_F_TSO,
  SKB_GSO_DODGY,
  SKB_GSO_PARTIAL,
  SKB_GSO_TCP_FIXEDID,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { csumFold } from "../../bytes/checksum.js";
import { concat } from "../../bytes/concat.js";
import { hex } from "../../bytes/hexdump.js";
import { putBytes, readU8, readU16, readU32, writeU16 } from "../../skb/bytes.js";
import { EINVAL, EPROTONOSUPPORT } from "../../skb/errno.js";
import { kfreeSkb, kfreeSkbList } from "../../skb/free.js";
import { skbSetOwnerW, tcpSetOwnerW } from "../../skb/owner.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import {
  alive,
  chain,
  failAllocations,
  faultOf,
  flatten,
  NOTHING_ALIVE,
  payload,
  type Shape,
} from "../../skb/testing/make.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import { TCPHDR_ACK, TCPHDR_CWR, TCPHDR_ECE, TCPHDR_FIN, TCPHDR_PSH } from "../../wire/tcp.js";
import { skbGsoSegment, skbGsoSegmentInner } from "../core/gso.js";
import { netDevice } from "../core/NetDevice.js";
import {
  checksumHolds,
  headersLength,
  kernelOf,
  pseudoSumOf,
  type TcpFields,
  tcpStream,
} from "../testing/tcpPackets.js";

const k = kernelOf();
const HW = NETIF_F_SG | NETIF_F_HW_CSUM;

function segmentsOf(skb: SkBuff, features = 0): SkBuff[] {
  const segs = skbGsoSegment(k, skb, features);
  if (segs === null || typeof segs === "number") throw new Error(`segmentation returned ${segs}`);
  return chain(segs);
}

const tcp = (seg: SkBuff, offset: number): number => readU16(seg, seg.transportHeader + offset);
const seqOf = (seg: SkBuff): number => readU32(seg, seg.transportHeader + 4);
const flagsOf = (seg: SkBuff): number => readU8(seg, seg.transportHeader + 13);
const payloadOf = (seg: SkBuff, fields: TcpFields = {}): Uint8Array => flatten(seg).slice(headersLength(fields));

describe("nine bytes with gso_size 4, worked out by hand", () => {
  // 10.0.0.1:5000 -> 10.0.0.2:5001, seq 0xFFFFFFFC, ack 7, window 0x1000, CWR|ACK|PSH|FIN.
  const fields = { source: 5000, dest: 5001, seq: 0xfffffffc, flags: 0x99, id: 0xfffe };
  const make = (): SkBuff => {
    const skb = tcpStream(fields, { linear: 9, gsoSize: 4 });
    putBytes(
      skb,
      skb.data + 54,
      Uint8Array.from({ length: 9 }, (_, i) => i + 1),
    );
    return skb;
  };

  test("the input's checksum is the folded pseudo header sum for 29 bytes", () => {
    expect(tcp(make(), 16)).toBe(0x1426);
  });

  test("payload, sequence number, flags, final checksum", () => {
    const rows = segmentsOf(make()).map((seg) => [hex(payloadOf(seg)), seqOf(seg), flagsOf(seg), tcp(seg, 16)]);
    expect(rows).toEqual([
      ["01020304", 0xfffffffc, 0x90, 0x6033],
      ["05060708", 0x00000000, 0x10, 0x58a8],
      ["09", 0x00000004, 0x19, 0x5bac],
    ]);
  });

  test("checksum after the adjustment, which is what a device gets", () => {
    const segs = segmentsOf(make(), NETIF_F_HW_CSUM);
    expect(segs.map((seg) => [seg.ipSummed, tcp(seg, 16)])).toEqual([
      [CHECKSUM_PARTIAL, 0x1421],
      [CHECKSUM_PARTIAL, 0x1421],
      [CHECKSUM_PARTIAL, 0x141e],
    ]);
    expect(segs.every(checksumHolds)).toBe(true);
  });

  test("the sums that an outer checksum would be made of are those of pseudo header sums", () => {
    const segs = segmentsOf(make(), NETIF_F_HW_CSUM);
    expect(segs.map((seg) => [csumFold(seg.cbCsum), seg.cbCsumStart])).toEqual(
      segs.map((seg) => [csumFold(~tcp(seg, 16) & 0xffff), seg.transportHeader]),
    );
  });

  test("identifications count up modulo 65536", () => {
    expect(segmentsOf(make()).map((seg) => readU16(seg, seg.networkHeader + 4))).toEqual([0xfffe, 0xffff, 0]);
  });
});

describe("tcp4_gso_segment", () => {
  test.each<[string, Shape]>([
    ["linear", { linear: 1000, gsoSize: 300 }],
    ["page fragments", { linear: 0, frags: [400, 100, 500], gsoSize: 300 }],
    ["both, odd sizes", { linear: 33, frags: [401, 101, 465], gsoSize: 299 }],
    [
      "a list of members in pages",
      { linear: 100, members: [{ linear: 100, headFrag: true }, { frags: [100] }], gsoSize: 100 },
    ],
  ])("%s: payload kept, checksums right, with and without offload", (_name, shape) => {
    for (const features of [0, NETIF_F_SG, NETIF_F_HW_CSUM, HW]) {
      const fields = { optionWords: 3, flags: TCPHDR_ACK | TCPHDR_ECE };
      const skb = tcpStream(fields, shape);
      const data = payloadOf(skb, fields);
      const segs = segmentsOf(skb, features);
      expect(concat(segs.map((seg) => payloadOf(seg, fields)))).toEqual(data);
      expect(segs.map(seqOf)).toEqual(segs.map((_, i) => 5000 + i * (shape.gsoSize as number)));
      expect(segs.every(checksumHolds)).toBe(true);
      expect(segs.every((seg) => flagsOf(seg) === (TCPHDR_ACK | TCPHDR_ECE))).toBe(true);
      expect(segs.map((seg) => hex(flatten(seg).slice(54, 66)))).toEqual(segs.map(() => "01".repeat(12)));
    }
  });

  test("a checksum of 0 stays 0", () => {
    const skb = tcpStream({}, { linear: 8, gsoSize: 4 });
    const [, last] = segmentsOf(skb) as [SkBuff, SkBuff];
    const again = tcpStream({}, { linear: 8, gsoSize: 4 });
    // One word more by just what the checksum was takes it to 0.
    const word = tcp(last, 20) + tcp(last, 16);
    writeU16(again, again.data + 54 + 4, ((word & 0xffff) + (word >>> 16)) & 0xffff);
    expect(tcp(segmentsOf(again)[1] as SkBuff, 16)).toBe(0);
  });

  test("a checksum that nobody prepared: the pseudo header sum is made here", () => {
    const skb = tcpStream({}, { linear: 20, gsoSize: 10 });
    skb.ipSummed = CHECKSUM_NONE;
    skb.csumStart = 0;
    writeU16(skb, skb.transportHeader + 16, 0xabcd);
    const segs = segmentsOf(skb, NETIF_F_HW_CSUM);
    expect(segs.map((seg) => seg.ipSummed)).toEqual([CHECKSUM_PARTIAL, CHECKSUM_PARTIAL]);
    expect(segs.every(checksumHolds)).toBe(true);
  });

  test.each<[string, (skb: SkBuff) => void]>([
    ["another type", (skb) => Object.assign(skb.shinfo, { gsoType: SKB_GSO_UDP_L4 })],
    ["the other family", (skb) => Object.assign(skb.shinfo, { gsoType: SKB_GSO_TCPV6 })],
    ["a data offset below 5", (skb) => putBytes(skb, skb.transportHeader + 12, Uint8Array.of(0x40))],
    ["a data offset beyond the packet", (skb) => putBytes(skb, skb.transportHeader + 12, Uint8Array.of(0xf0))],
    ["a checksum that starts elsewhere", (skb) => Object.assign(skb, { csumStart: skb.csumStart + 4 })],
    ["no more payload than gso_size", (skb) => Object.assign(skb.shinfo, { gsoSize: 20 })],
  ])("-EINVAL for %s", (_name, bend) => {
    const skb = tcpStream({}, { linear: 20, gsoSize: 10 });
    bend(skb);
    expect(skbGsoSegment(k, skb, 0)).toBe(-EINVAL);
    expect(skb.data).toBe(skb.macHeader);
  });

  test("-EINVAL for a packet shorter than a TCP header", () => {
    const skb = tcpStream({}, { linear: 0, gsoSize: 10 });
    skb.len -= 1;
    skb.tail -= 1;
    expect(skbGsoSegment(k, skb, 0)).toBe(-EINVAL);
  });

  test("a fixed identification is the same on all; a kernel may insist on DF for it", () => {
    const gsoType = SKB_GSO_TCPV4 | SKB_GSO_TCP_FIXEDID;
    const fixed = tcpStream({ id: 77 }, { linear: 20, gsoSize: 10, gsoType });
    expect(segmentsOf(fixed).map((seg) => readU16(seg, seg.networkHeader + 4))).toEqual([77, 77]);
    const without = tcpStream({}, { linear: 20, gsoSize: 10, gsoType });
    writeU16(without, without.networkHeader + 6, 0);
    const strict = { ...k, gso: { ...k.gso, fixedIdNeedsDf: () => true } };
    expect(skbGsoSegment(strict, without, 0)).toBe(-EPROTONOSUPPORT);
  });
});

describe("tcp_gso_segment", () => {
  test("a device that can: gso_segs is counted anew and the packet goes whole", () => {
    const skb = tcpStream({}, { linear: 1001, gsoSize: 100, gsoSegs: 3, gsoType: SKB_GSO_TCPV4 | SKB_GSO_DODGY });
    expect(skbGsoSegment(k, skb, HW | NETIF_F_TSO)).toBeNull();
    expect([skb.shinfo.gsoSegs, skb.data]).toEqual([11, skb.macHeader]);
  });

  test("gso_size 0: DIVZERO where a device could take it", () => {
    const skb = tcpStream({}, { linear: 10, gsoSize: 0 });
    expect(faultOf(() => skbGsoSegment(k, skb, HW | NETIF_F_TSO))).toBe("DIVZERO(tcp-gso-segs)");
  });

  test("CWR on the first only, FIN and PSH on the last only, the others on all", () => {
    const flags = TCPHDR_CWR | TCPHDR_ECE | TCPHDR_ACK | TCPHDR_PSH | TCPHDR_FIN;
    const skb = tcpStream({ flags }, { linear: 40, gsoSize: 10 });
    const middle = TCPHDR_ECE | TCPHDR_ACK;
    expect(segmentsOf(skb).map(flagsOf)).toEqual([
      middle | TCPHDR_CWR,
      middle,
      middle,
      middle | TCPHDR_PSH | TCPHDR_FIN,
    ]);
  });

  test("ooo_okay stays with the first segment", () => {
    const skb = tcpStream({}, { linear: 30, gsoSize: 10 });
    skb.oooOkay = true;
    expect(segmentsOf(skb).map((seg) => seg.oooOkay)).toEqual([true, false, false]);
    expect(skb.oooOkay).toBe(false);
  });

  test("partial segmentation: a multiple of gso_size for all but the last, sequence numbers and sums to match", () => {
    const device = netDevice("nic", HW | NETIF_F_GSO_PARTIAL | NETIF_F_TSO, { startXmit: () => {} }, NETIF_F_TSO);
    const skb = tcpStream({}, { frags: [40_000, 40_000], gsoSize: 1000 });
    skb.dev = device;
    const segs = segmentsOf(skb, HW | NETIF_F_GSO_PARTIAL);
    expect(segs.map((seg) => seg.len - 54)).toEqual([65_000, 15_000]);
    expect(segs.map((seg) => [seg.shinfo.gsoSize, seg.shinfo.gsoSegs])).toEqual([
      [1000, 65],
      [1000, 15],
    ]);
    expect(segs.every((seg) => (seg.shinfo.gsoType & SKB_GSO_PARTIAL) !== 0)).toBe(true);
    expect(segs.map(seqOf)).toEqual([5000, 70_000]);
    expect(segs.every(checksumHolds)).toBe(true);
    // The total length is that of one segment, the identification leaves room for the 65 that the device makes.
    expect(segs.map((seg) => readU16(seg, seg.networkHeader + 2))).toEqual([1040, 1040]);
    expect(segs.map((seg) => readU16(seg, seg.networkHeader + 4))).toEqual([1, 66]);
  });

  test.each([
    ["the first byte", 0, 0],
    ["the last byte of the first segment", 9, 0],
    ["a byte in the middle", 15, 1],
    ["the last byte", 29, 2],
  ])("a timestamp for %s goes to its segment", (_name, offset, expected) => {
    const seq = 0xfffffff5;
    const skb = tcpStream({ seq }, { linear: 30, gsoSize: 10 });
    skb.shinfo.txFlags = 1 | 16;
    skb.shinfo.tskey = (seq + offset) >>> 0;
    const segs = segmentsOf(skb);
    expect(segs.map((seg) => seg.shinfo.txFlags)).toEqual([0, 1, 2].map((i) => (i === expected ? 1 : 0)));
    expect(segs[expected]?.shinfo.tskey).toBe((seq + offset) >>> 0);
  });

  test("a timestamp beyond the packet, or none: no segment has one", () => {
    for (const [txFlags, tskey] of [
      [1, 5030],
      [16, 5000],
    ] as const) {
      const skb = tcpStream({}, { linear: 30, gsoSize: 10 });
      Object.assign(skb.shinfo, { txFlags, tskey });
      expect(segmentsOf(skb).map((seg) => [seg.shinfo.txFlags, seg.shinfo.tskey])).toEqual(Array(3).fill([0, 0]));
    }
  });
});

describe("owners", () => {
  test("tcp_wfree: every segment is the sender's, and the charge is what they weigh", () => {
    const skb = tcpStream({}, { frags: [3000], gsoSize: 1000 });
    const sk = new Sock("sender");
    tcpSetOwnerW(skb, sk);
    const segs = segmentsOf(skb, HW);
    const weight = segs.reduce((sum, seg) => sum + seg.truesize, 0);
    expect(segs.map((seg) => [seg.sk, seg.destructor])).toEqual(Array(3).fill([sk, "tcp_wfree"]));
    expect([skb.sk, skb.destructor, sk.wmemAlloc]).toEqual([null, "", 1 + weight]);
    kfreeSkb(skb);
    expect(sk.wmemAlloc).toBe(1 + weight);
    kfreeSkbList(segs[0] as SkBuff);
    expect([sk.wmemAlloc, skb.mem.reports, skb.mem.warnings]).toEqual([1, [], []]);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a packet heavier than its segments gives the difference back", () => {
    const skb = tcpStream({}, { linear: 20, gsoSize: 10 });
    skb.truesize += 100_000;
    const sk = new Sock("sender");
    tcpSetOwnerW(skb, sk);
    const segs = segmentsOf(skb);
    expect(sk.wmemAlloc).toBe(1 + segs.reduce((sum, seg) => sum + seg.truesize, 0));
    expect(skb.mem.warnings).toEqual([]);
  });

  test("a charge that falls to nothing is warned of", () => {
    const skb = tcpStream({}, { linear: 20, gsoSize: 10 });
    const sk = new Sock("sender");
    tcpSetOwnerW(skb, sk);
    skb.truesize += 100_000;
    segmentsOf(skb);
    expect(skb.mem.warnings.map(({ id }) => id)).toEqual(["wmem-underflow"]);
  });

  test("a destructor without a socket has nobody to charge", () => {
    const skb = tcpStream({}, { linear: 20, gsoSize: 10 });
    skb.destructor = "tcp_wfree";
    expect(segmentsOf(skb).map((seg) => seg.destructor)).toEqual(["tcp_wfree", "tcp_wfree"]);
  });

  test("sock_wfree: the last segment alone takes the packet's charge", () => {
    const skb = tcpStream({}, { linear: 30, gsoSize: 10 });
    const sk = new Sock("tap");
    skbSetOwnerW(skb, sk);
    const charge = sk.wmemAlloc;
    const segs = segmentsOf(skb);
    expect(segs.map((seg) => seg.destructor)).toEqual(["", "", "sock_wfree"]);
    expect([sk.wmemAlloc, skb.destructor]).toEqual([charge, ""]);
  });

  test("after an error the packet has its owner still, and no segment is left", () => {
    const skb = tcpStream({}, { linear: 30, gsoSize: 10 });
    const sk = new Sock("sender");
    tcpSetOwnerW(skb, sk);
    const before = alive(skb.mem);
    failAllocations(skb.mem, 2);
    expect(skbGsoSegment(k, skb, 0)).toBe(-12);
    expect([skb.sk, skb.destructor, sk.wmemAlloc]).toEqual([sk, "tcp_wfree", 1 + skb.truesize]);
    expect(alive(skb.mem)).toEqual(before);
  });
});

describe("a kernel that does not look where the checksum starts", () => {
  test("cuts a packet whose checksum starts elsewhere", () => {
    const trusting = kernelOf({ checkCsumStart: () => 0 });
    const skb = tcpStream({}, { linear: 20, gsoSize: 10 });
    skb.csumStart += 4;
    expect(skbGsoSegmentInner(trusting, skb, 0, true)).toBeTypeOf("object");
  });
});

test("a packet made for these tests is one that a stack would send", () => {
  const skb = tcpStream({ family: "ipv4" }, { linear: 20 });
  expect([skb.protocol, checksumHolds(skb)]).toEqual([ETH_P_IP, true]);
  expect(tcp(skb, 16)).toBe(~csumFold(pseudoSumOf(skb)) & 0xffff);
  expect(payloadOf(skb)).toEqual(payload(20, 54));
});
