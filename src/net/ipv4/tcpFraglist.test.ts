/** TCP lists taken apart, of both families, with and without a middlebox having rewritten the first header. */
import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_FRAGLIST,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  NETIF_F_TSO,
  SKB_GSO_DODGY,
  SKB_GSO_FRAGLIST,
} from "../../abi/features.js";
import { csumReplace2, csumReplace4, replaceByDiff16 } from "../../bytes/checksum.js";
import { concat } from "../../bytes/concat.js";
import { bytesAt, putBytes, readU16, readU32, writeU16, writeU32 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import { consumeSkb, kfreeSkb, kfreeSkbList } from "../../skb/free.js";
import { pskbPullTailInner } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import {
  alive,
  chain,
  clonesOf,
  failAllocations,
  faultOf,
  flatten,
  membersOf,
  NOTHING_ALIVE,
  reportsOf,
  type Shape,
} from "../../skb/testing/make.js";
import { skbGsoSegment } from "../core/gso.js";
import { checksumHolds, type Family, familyOf, headersLength, kernelOf, tcpList } from "../testing/tcpPackets.js";
import { headHoldsOneSegment } from "./tcpOffload.seams.js";

const k = kernelOf();
const LIST: Shape = { gsoType: SKB_GSO_FRAGLIST };
const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

function segmentsOf(skb: SkBuff, features = NETIF_F_SG, kernel = k): SkBuff[] {
  const segs = skbGsoSegment(kernel, skb, features);
  if (segs === null || typeof segs === "number") throw new Error(`segmentation returned ${segs}`);
  return chain(segs);
}

const listOf = (family: Family, payloads: readonly number[], more: Shape = LIST): SkBuff =>
  tcpList({ family, optionWords: 2 }, payloads, more);
const headers = (family: Family): number => headersLength({ family, optionWords: 2 });
const tcp = (seg: SkBuff, offset: number): number => readU16(seg, seg.transportHeader + offset);
const seqOf = (seg: SkBuff): number => readU32(seg, seg.transportHeader + 4);
const payloadOf = (seg: SkBuff): Uint8Array => flatten(seg).slice(headers(familyOf(seg)));

/** The offsets of source and destination address in the family's header, and their length. */
const ADDRESSES = { ipv4: { saddr: 12, daddr: 16, length: 4 }, ipv6: { saddr: 8, daddr: 24, length: 16 } } as const;

const addressesOf = (seg: SkBuff): Uint8Array => {
  const { saddr, length } = ADDRESSES[familyOf(seg)];
  return bytesAt(seg, seg.networkHeader + saddr, 2 * length);
};

/** What NAT does to one packet: an address and the port that goes with it, checksums adjusted. */
function rewrite(skb: SkBuff, which: "source" | "destination", last: number, port: number): void {
  const family = familyOf(skb);
  const { saddr, daddr, length } = ADDRESSES[family];
  const at = skb.networkHeader + (which === "source" ? saddr : daddr);
  const portAt = skb.transportHeader + (which === "source" ? 0 : 2);
  const before = bytesAt(skb, at, length);
  const after = before.with(-1, last);
  const field = skb.transportHeader + 16;
  writeU16(skb, field, replaceByDiff16(readU16(skb, field), before, after));
  writeU16(skb, field, csumReplace2(readU16(skb, field), readU16(skb, portAt), port));
  writeU16(skb, portAt, port);
  if (family === "ipv4") {
    const check = skb.networkHeader + 10;
    const from = readU32(skb, at);
    writeU16(skb, check, csumReplace4(readU16(skb, check), from, ((from & 0xffffff00) | last) >>> 0));
  }
  putBytes(skb, at, after);
}

describe.each(FAMILIES)("%s, nobody has touched the list", (family) => {
  test("head and members become the segments, TCP headers their own, no payload copied", () => {
    const skb = listOf(family, [100, 100, 40]);
    const members = membersOf(skb);
    const data = concat([payloadOf(skb).slice(0, 100), ...members.map(flatten)]);
    const checks = [skb, ...members].map((one) => tcp(one, 16));
    const heads = [skb, ...members].map((one) => one.head);
    const segs = segmentsOf(skb);

    expect(segs).toEqual([skb, ...members]);
    expect(segs.map((seg) => seg.head)).toEqual(heads);
    expect(concat(segs.map(payloadOf))).toEqual(data);
    expect(segs.map((seg) => tcp(seg, 16))).toEqual(checks);
    expect(segs.map(seqOf)).toEqual([5000, 5100, 5200]);
    expect(segs.map((seg) => seg.ipSummed)).toEqual(Array(3).fill(CHECKSUM_UNNECESSARY));
    expect(segs.every(checksumHolds)).toBe(true);
    const lengths = segs.map((seg) => readU16(seg, seg.networkHeader + (family === "ipv4" ? 2 : 4)));
    const rest = headers(family) - 14 - (family === "ipv4" ? 0 : 40);
    expect(lengths).toEqual([100 + rest, 100 + rest, 40 + rest]);
    consumeSkb(skb);
    kfreeSkbList(segs[0] as SkBuff);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a sibling's list is untouched, and gives the same segments afterwards", () => {
    const skb = listOf(family, [100, 100, 40]);
    const [sibling] = clonesOf(skb, 1) as [SkBuff];
    const first = segmentsOf(sibling).map(flatten);
    expect(reportsOf(skb.mem)).toEqual([]);
    expect(membersOf(skb).map(({ users, len }) => [users, len])).toEqual([
      [1, 100],
      [1, 40],
    ]);
    expect(segmentsOf(skb).map(flatten)).toEqual(first);
  });

  test("the list path does not ask whether the device could: that is for the transmit path to know", () => {
    const features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_GSO_FRAGLIST | NETIF_F_FRAGLIST;
    const skb = listOf(family, [100, 100]);
    expect(segmentsOf(skb, features)).toHaveLength(2);
  });

  test("no member left: NULLDEREF(list-second)", () => {
    const skb = listOf(family, [100]);
    expect(faultOf(() => skbGsoSegment(k, skb, 0))).toBe("NULLDEREF(list-second)");
  });

  test("a private copy that cannot be had: -ENOMEM", () => {
    const skb = listOf(family, [100, 100]);
    const [sibling] = clonesOf(skb, 1) as [SkBuff];
    failAllocations(skb.mem, 1);
    expect(skbGsoSegment(k, sibling, 0)).toBe(-12);
    kfreeSkb(sibling);
    kfreeSkb(skb);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });
});

describe.each(FAMILIES)("%s, the first header was rewritten", (family) => {
  test.each([
    ["source", "source", 9, 4444],
    ["destination", "destination", 9, 4444],
    ["source port only", "source", 1, 4444],
    ["destination address only", "destination", 9, 2000],
  ] as const)("%s: all segments have it, checksums hold", (_name, which, last, port) => {
    const skb = listOf(family, [100, 100, 40]);
    rewrite(skb, which, last, port);
    const segs = segmentsOf(skb);
    for (const seg of segs) {
      expect(addressesOf(seg)).toEqual(addressesOf(skb));
      expect([tcp(seg, 0), tcp(seg, 2)]).toEqual([tcp(skb, 0), tcp(skb, 2)]);
      expect(checksumHolds(seg)).toBe(true);
    }
    expect(segs.map(seqOf)).toEqual([5000, 5100, 5200]);
  });

  test("both ends at once", () => {
    const skb = listOf(family, [100, 100]);
    rewrite(skb, "source", 50, 1);
    rewrite(skb, "destination", 60, 2);
    const [, second] = segmentsOf(skb) as [SkBuff, SkBuff];
    expect([tcp(second, 0), tcp(second, 2), checksumHolds(second)]).toEqual([1, 2, true]);
    expect(addressesOf(second)).toEqual(addressesOf(skb));
  });

  test("only the first two are compared: a third that differs alone stays as it is", () => {
    const skb = listOf(family, [100, 100, 100]);
    const third = membersOf(skb)[1] as SkBuff;
    writeU16(third, third.transportHeader, 4444);
    const segs = segmentsOf(skb);
    expect(segs.map((seg) => tcp(seg, 0))).toEqual([1000, 1000, 4444]);
  });

  test("partial checksums of members: the pseudo header sum follows the address", () => {
    const skb = listOf(family, [100, 100]);
    rewrite(skb, "source", 9, 4444);
    skb.ipSummed = CHECKSUM_PARTIAL;
    const [second] = membersOf(skb) as [SkBuff];
    const before = tcp(second, 16);
    segmentsOf(skb);
    // One in the last byte of the address is one in the sum: the port does not count.
    expect(tcp(second, 16)).toBe(before + 8);
  });
});

test("IPv6 addresses carried over without their checksum, as older releases did", () => {
  const careless = kernelOf({ adjustsForIpv6Address: () => false });
  const skb = listOf("ipv6", [100, 100]);
  rewrite(skb, "source", 9, 4444);
  const segs = segmentsOf(skb, NETIF_F_SG, careless);
  expect(addressesOf(segs[1] as SkBuff)).toEqual(addressesOf(skb));
  expect(segs.map(checksumHolds)).toEqual([true, false]);
});

describe.each(FAMILIES)("%s, lists that are not taken apart by their members", (family) => {
  const features = NETIF_F_SG | NETIF_F_HW_CSUM;

  test("bytes were pulled into the head: cut as a stream of gso_size, checksums made anew", () => {
    // A device without SG, and members that are never as long as what is left to be cut.
    const skb = listOf(family, [100, 100, 70]);
    const data = flatten(skb).slice(headers(family));
    pskbPullTailInner(skb, 20);
    const segs = segmentsOf(skb, 0);
    expect(segs.map((seg) => seg.len - headers(family))).toEqual([100, 100, 70]);
    expect(concat(segs.map(payloadOf))).toEqual(data);
    expect(segs.map(seqOf)).toEqual([5000, 5100, 5200]);
    expect(segs.map((seg) => seg.ipSummed)).toEqual(Array(3).fill(CHECKSUM_NONE));
    expect(segs.every(checksumHolds)).toBe(true);
  });

  test("everything was pulled into the head", () => {
    const skb = listOf(family, [100, 100, 70]);
    const data = flatten(skb).slice(headers(family));
    pskbPullTailInner(skb, 170);
    const segs = segmentsOf(skb, features);
    expect(concat(segs.map(payloadOf))).toEqual(data);
    expect(segs.map((seg) => seg.ipSummed)).toEqual(Array(3).fill(CHECKSUM_PARTIAL));
    expect(segs.every(checksumHolds)).toBe(true);
  });

  test("DODGY: the headers of the members are not believed, all get the first one's", () => {
    const skb = listOf(family, [100, 100], { gsoType: SKB_GSO_FRAGLIST | SKB_GSO_DODGY });
    rewrite(skb, "source", 9, 4444);
    const [member] = membersOf(skb) as [SkBuff];
    const segs = segmentsOf(skb, features);
    expect(segs).not.toContain(member);
    expect(segs.map((seg) => tcp(seg, 0))).toEqual([4444, 4444]);
    expect(segs.every(checksumHolds)).toBe(true);
  });

  test("the checksum is written even where a sibling sees it", () => {
    const skb = listOf(family, [100, 100], { gsoType: SKB_GSO_FRAGLIST | SKB_GSO_DODGY });
    const [sibling] = clonesOf(skb, 1) as [SkBuff];
    segmentsOf(sibling, features);
    expect(reportsOf(skb.mem)).toContain("shared-write bytes");
    expect(skb.mem.reports[0]?.site[0]).toBe(family === "ipv4" ? "__tcp_v4_send_check" : "__tcp_v6_send_check");
  });

  test("it is not made linear: a coincidence of lengths stops the kernel", () => {
    const skb = listOf(family, [11, 11, 10]);
    pskbPullTailInner(skb, 1);
    expect([skb.headlen - headers(family), skb.shinfo.gsoType & SKB_GSO_DODGY]).toEqual([12, SKB_GSO_DODGY]);
    expect(faultOf(() => skbGsoSegment(k, skb, features))).toBe("BUG(list-frags-short)");
  });

  test("a kernel that looks at the type alone sends the pulled bytes twice", () => {
    const naive = kernelOf({ mayTakeListPath: () => true });
    const skb = listOf(family, [100, 100]);
    pskbPullTailInner(skb, 20);
    const segs = segmentsOf(skb, features, naive);
    expect(segs.map((seg) => seg.len - headers(family))).toEqual([120, 100]);
    expect(checksumHolds(segs[0] as SkBuff)).toBe(false);
  });

  test("a kernel that believes DODGY members sends them as they came", () => {
    const believing = kernelOf({ mayTakeListPath: headHoldsOneSegment });
    const skb = listOf(family, [100, 100], { gsoType: SKB_GSO_FRAGLIST | SKB_GSO_DODGY });
    const [member] = membersOf(skb) as [SkBuff];
    expect(segmentsOf(skb, features, believing)[1]).toBe(member);
  });

  test("a list that is not said to be TCP of this family: -EINVAL", () => {
    const skb = listOf(family, [100, 100]);
    Object.assign(skb.shinfo, { gsoType: SKB_GSO_FRAGLIST });
    expect(skbGsoSegment(k, skb, features)).toBe(-EINVAL);
  });
});

test("other fields of the TCP header are each segment's own", () => {
  const skb = listOf("ipv4", [10, 10]);
  writeU32(skb, skb.transportHeader + 8, 99);
  const segs = segmentsOf(skb);
  expect(segs.map((seg) => readU32(seg, seg.transportHeader + 8))).toEqual([99, 7]);
});
