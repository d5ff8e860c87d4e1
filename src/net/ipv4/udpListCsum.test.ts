import { describe, expect, test } from "vitest";
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY } from "../../abi/features.js";
import { csumFold, csumPartial, pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import { bytesAt, putBytes, readU16, writeU16 } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { flatten, makeMemory, makeSkb, must, payload } from "../../skb/testing/make.js";
import { emitIpv4, ipv4NoopOptions } from "../../wire/ipv4.js";
import { emitIpv6 } from "../../wire/ipv6.js";
import { emitUdp, IPPROTO_UDP } from "../../wire/udp.js";
import { udpv4GsoSegmentListCsum, udpv6GsoSegmentListCsum } from "./udpListCsum.js";

interface Flow {
  readonly saddr?: number;
  readonly daddr?: number;
  readonly source?: number;
  readonly dest?: number;
}
type Family = "ipv4" | "ipv6";
/** The checksum that a datagram comes with: over everything, over the pseudo header, or none. */
type Check = "complete" | "partial" | "zero";

const DATA = payload(9);
const ipLength = (family: Family): number => (family === "ipv4" ? 20 : 40);

/** A datagram of that flow, `data` at its IP header; addresses are told apart by their last byte. */
function datagram(family: Family, { saddr = 1, daddr = 2, source = 1000, dest = 2000 }: Flow, check: Check): SkBuff {
  const ip = ipLength(family);
  const bytes = new Uint8Array(ip + 8 + DATA.length);
  const address = (last: number): Uint8Array => payload(family === "ipv4" ? 4 : 16).with(-1, last);
  const common = { saddr: address(saddr), daddr: address(daddr) };
  if (family === "ipv4") {
    const rest = { tos: 0, totLen: bytes.length, id: 1, fragOff: 0, ttl: 64, protocol: IPPROTO_UDP };
    emitIpv4(bytes, 0, { ...common, ...rest, options: ipv4NoopOptions(0) });
  } else {
    const rest = { trafficClass: 0, flowLabel: 0, payloadLen: bytes.length - ip, nexthdr: IPPROTO_UDP, hopLimit: 64 };
    emitIpv6(bytes, 0, { ...common, ...rest });
  }
  emitUdp(bytes, ip, { source, dest, len: 8 + DATA.length, check: 0 });
  bytes.set(DATA, ip + 8);
  const skb = makeSkb(makeMemory(), { linear: bytes.length });
  putBytes(skb, skb.data, bytes);
  skb.networkHeader = skb.data;
  skb.transportHeader = skb.data + ip;
  skb.ipSummed = check === "partial" ? CHECKSUM_PARTIAL : CHECKSUM_UNNECESSARY;
  if (check === "complete") writeU16(skb, skb.transportHeader + 6, csumFold(pseudo(skb) + sumOf(skb)) || 0xffff);
  if (check === "partial") writeU16(skb, skb.transportHeader + 6, ~csumFold(pseudo(skb)) & 0xffff);
  return skb;
}

function pseudo(skb: SkBuff): number {
  const bytes = flatten(skb);
  const ip = skb.transportHeader - skb.networkHeader;
  return ip === 20
    ? pseudoSumV4(bytes, 12, 16, bytes.length - ip, IPPROTO_UDP, 0)
    : pseudoSumV6(bytes, 8, 24, bytes.length - ip, IPPROTO_UDP, 0);
}

function sumOf(skb: SkBuff): number {
  const ip = skb.transportHeader - skb.networkHeader;
  return csumPartial(flatten(skb), ip, skb.len - ip, 0) % 0xffff;
}

const check = (skb: SkBuff): number => readU16(skb, skb.transportHeader + 6);
const headers = (skb: SkBuff): Uint8Array => {
  const addresses = skb.transportHeader - skb.networkHeader === 20 ? 12 : 8;
  const from = skb.networkHeader + addresses;
  return bytesAt(skb, from, skb.transportHeader + 4 - from);
};

/** Links the segments and runs the propagation of their family. */
function propagate(family: Family, segs: readonly SkBuff[]): void {
  segs.forEach((seg, i) => {
    seg.next = segs[i + 1] ?? null;
  });
  const run = family === "ipv4" ? udpv4GsoSegmentListCsum : udpv6GsoSegmentListCsum;
  expect(run(must(segs[0]), must(segs[1]))).toBe(segs[0]);
}

describe.each<Family>(["ipv4", "ipv6"])("%s propagation", (family) => {
  const make = (flow: Flow, state: Check = "complete"): SkBuff => datagram(family, flow, state);

  test("first two agree: done, nothing written", () => {
    const segs = [make({}), make({})];
    const before = segs.map(flatten);
    propagate(family, segs);
    expect(segs.map(flatten)).toEqual(before);
  });

  test("only the first two are compared: a third that differs keeps its own", () => {
    const segs = [make({}), make({}), make({ saddr: 9, source: 9 })];
    const before = segs.map(flatten);
    propagate(family, segs);
    expect(segs.map(flatten)).toEqual(before);
  });

  test.each<[string, Flow]>([
    ["source address", { saddr: 77 }],
    ["destination address", { daddr: 88 }],
    ["source port", { source: 4001 }],
    ["destination port", { dest: 5002 }],
    ["everything", { saddr: 77, daddr: 88, source: 4001, dest: 5002 }],
  ])("%s: every later segment gets the first's, complete checksums still verify", (_name, flow) => {
    const segs = [make(flow), make({}), make({})];
    propagate(family, segs);
    for (const seg of segs) {
      expect(headers(seg)).toEqual(headers(must(segs[0])));
      expect(csumFold(pseudo(seg) + sumOf(seg))).toBe(0);
    }
    // IPv4 has a header checksum besides.
    const ipSums = segs.map((seg) => csumFold(csumPartial(flatten(seg), 0, 20, 0)));
    if (family === "ipv4") expect(ipSums).toEqual([0, 0, 0]);
  });

  test("partial checksums follow the addresses alone", () => {
    const segs = [make({ saddr: 77, source: 4001 }, "partial"), make({}, "partial")];
    propagate(family, segs);
    expect(segs.map(check)).toEqual(segs.map((seg) => ~csumFold(pseudo(seg)) & 0xffff));
  });

  test("a checksum field of 0 stays 0", () => {
    const segs = [make({ saddr: 77, source: 4001 }, "zero"), make({}, "zero")];
    propagate(family, segs);
    expect(check(must(segs[1]))).toBe(0);
    expect(headers(must(segs[1]))).toEqual(headers(must(segs[0])));
  });

  test("a sum that comes to 0 is stored as 0xffff", () => {
    const second = make({});
    second.ipSummed = CHECKSUM_NONE;
    // Going from port 1000 to 4001 takes 3001 off the field.
    writeU16(second, second.transportHeader + 6, 3001);
    propagate(family, [make({ source: 4001 }), second]);
    expect(check(second)).toBe(0xffff);
  });
});
