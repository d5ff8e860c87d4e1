import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_FRAGLIST,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  SKB_GSO_DODGY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { csumFold, csumPartial, pseudoSumV4 } from "../../bytes/checksum.js";
import { putBytes, readU16, writeU16 } from "../../skb/bytes.js";
import { EINVAL, ENOMEM } from "../../skb/errno.js";
import { kfreeSkb, kfreeSkbList } from "../../skb/free.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import { skbPullInner } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import {
  chain,
  failAllocations,
  faultOf,
  flatten,
  makeMemory,
  makeSkb,
  membersOf,
  must,
  type Shape,
  shapeOf,
} from "../../skb/testing/make.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import { emitIpv4, IP_DF, ipv4NoopOptions } from "../../wire/ipv4.js";
import { emitUdp } from "../../wire/udp.js";
import { skbSegmentSeams } from "../core/skbSegment.seams.js";
import { skbSegmentListSeams } from "../core/skbSegmentList.seams.js";
import type { NetKernel } from "../NetKernel.js";
import { udp4UfoFragment, udpGsoSegmentInner } from "./udpOffload.js";
import { udpOffloadSeams } from "./udpOffload.seams.js";

const k = {
  skbSegment: skbSegmentSeams,
  skbSegmentList: skbSegmentListSeams,
  udpOffload: udpOffloadSeams,
} as NetKernel;

const HEADERS = 42;
const HW = NETIF_F_SG | NETIF_F_HW_CSUM;

/** Link, IPv4 and UDP header of a datagram with that payload; the checksum is the folded pseudo sum. */
function headersOf(payload: number): Uint8Array {
  const out = new Uint8Array(HEADERS);
  emitIpv4(out, 14, {
    tos: 0,
    totLen: 28 + payload,
    id: 1,
    fragOff: IP_DF,
    ttl: 64,
    protocol: 17,
    saddr: Uint8Array.of(10, 0, 0, 1),
    daddr: Uint8Array.of(10, 0, 0, 2),
    options: ipv4NoopOptions(0),
  });
  const check = ~csumFold(pseudoSumV4(out, 26, 30, 8 + payload, 17, 0)) & 0xffff;
  emitUdp(out, 34, { source: 5000, dest: 5001, len: 8 + payload, check });
  return out;
}

/** A packet with `data` at its UDP header, its checksum partial; `linear` counts payload only. */
function packet(shape: Shape): SkBuff {
  const skb = makeSkb(makeMemory(), {
    gsoType: SKB_GSO_UDP_L4,
    ...shape,
    linear: HEADERS + (shape.linear ?? 0),
    members: shape.members?.map((member) => ({ ...member, headroom: 64 + HEADERS })),
  });
  putBytes(skb, skb.data, headersOf(skb.len - HEADERS));
  skb.protocol = ETH_P_IP;
  skb.macHeader = skb.cbMacOffset = skb.data;
  skb.macLen = 14;
  skb.networkHeader = skb.data + 14;
  skb.transportHeader = skb.data + 34;
  for (const member of membersOf(skb)) {
    member.transportHeader = member.data - 8;
    member.networkHeader = member.data - 28;
    putBytes(member, member.data - HEADERS, headersOf(member.len));
  }
  skbPullInner(skb, 34);
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.transportHeader;
  skb.csumOffset = 6;
  return skb;
}

const cut = (skb: SkBuff, features = 0, kernel = k) => udpGsoSegmentInner(kernel, skb, features, false);

function segmentsOf(skb: SkBuff, features = 0): SkBuff[] {
  const segs = cut(skb, features);
  if (segs === null || typeof segs === "number") throw new Error(`__udp_gso_segment returned ${segs}`);
  return chain(segs);
}

const udpField = (skb: SkBuff, offset: number): number => readU16(skb, skb.transportHeader + offset);
const udpLengths = (segs: readonly SkBuff[]): number[] => segs.map((seg) => udpField(seg, 4));

/** Whether the checksum over pseudo header, UDP header and payload is right. */
function verifies(seg: SkBuff): boolean {
  const bytes = flatten(seg);
  const pseudo = pseudoSumV4(bytes, 26, 30, bytes.length - 34, 17, 0);
  return csumFold(csumPartial(bytes, 34, bytes.length - 34, pseudo)) === 0;
}

describe("__udp_gso_segment, step by step", () => {
  test("1: len <= 8 + mss: -EINVAL", () => {
    expect(cut(packet({ linear: 10, gsoSize: 10 }))).toBe(-EINVAL);
    expect(segmentsOf(packet({ linear: 11, gsoSize: 10 }))).toHaveLength(2);
  });

  test("2: csum_start elsewhere: -EINVAL, whatever ip_summed says, but not for a list", () => {
    const elsewhere = (gsoType: number): SkBuff => {
      const skb = packet({ linear: 25, gsoSize: 10, gsoType });
      skb.ipSummed = CHECKSUM_NONE;
      skb.csumStart = skb.transportHeader + 8;
      return skb;
    };
    expect(cut(elsewhere(SKB_GSO_UDP_L4))).toBe(-EINVAL);
    expect(cut(elsewhere(SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST))).toBeTypeOf("object");
  });

  test("3: without a partial checksum neither the device nor its checksum engine counts", () => {
    const device = HW | NETIF_F_GSO_UDP_L4;
    expect(cut(packet({ linear: 25, gsoSize: 10 }), device)).toBeNull();
    const skb = packet({ linear: 25, gsoSize: 10 });
    skb.ipSummed = CHECKSUM_NONE;
    const segs = segmentsOf(skb, device);
    expect(segs.map((seg) => [seg.ipSummed, verifies(seg)])).toEqual(Array(3).fill([CHECKSUM_NONE, true]));
  });

  test("4: NULL when the device can do it, DODGY or not, gso_segs refreshed", () => {
    const skb = packet({ linear: 25, gsoSize: 10, gsoType: SKB_GSO_UDP_L4 | SKB_GSO_DODGY });
    expect(cut(skb, HW | NETIF_F_GSO_UDP_L4)).toBeNull();
    expect(skb.head.shinfo.gsoSegs).toBe(3);
  });

  test("4: a frag_list is for a device that takes those", () => {
    const list = { linear: 10, members: [{ linear: 10 }], gsoSize: 10, gsoType: SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST };
    const device = HW | NETIF_F_GSO_UDP_L4 | NETIF_F_GSO_FRAGLIST;
    expect(cut(packet(list), device)).toBeTypeOf("object");
    expect(cut(packet(list), device | NETIF_F_FRAGLIST)).toBeNull();
  });

  test("4: gso_size 0: DIVZERO", () => {
    expect(faultOf(() => cut(packet({ linear: 25 }), HW | NETIF_F_GSO_UDP_L4))).toBe("DIVZERO(udp-gso-segs)");
  });

  const list = { linear: 10, members: [{ linear: 10 }, { linear: 4 }], gsoSize: 10 };
  const LIST = SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST;

  test("5a: the head holds exactly one datagram: the list path, UDP length of the head undone", () => {
    const skb = packet({ ...list, gsoType: LIST });
    const segs = segmentsOf(skb, HW);
    expect(segs[0]).toBe(skb);
    expect(udpLengths(segs)).toEqual([18, 18, 12]);
  });

  test.each([
    ["DODGY", { ...list, gsoType: LIST | SKB_GSO_DODGY }, [10, 10, 4]],
    ["another length in the head", { ...list, linear: 11, gsoType: LIST }, [10, 10, 5]],
  ])("5b, %s: linearised, made partial with a pseudo sum of the whole, and cut", (_name, shape, lengths) => {
    const skb = packet(shape);
    skb.ipSummed = CHECKSUM_UNNECESSARY;
    skb.csumStart = 0;
    const segs = segmentsOf(skb, HW);
    expect(segs.map((seg) => seg.len - HEADERS)).toEqual(lengths);
    expect(segs).not.toContain(skb);
    expect([skb.dataLen, skb.ipSummed]).toEqual([0, CHECKSUM_PARTIAL]);
    // HW_CSUM was struck out before, for want of a partial checksum: the sums are complete.
    expect(segs.map(verifies)).toEqual([true, true, true]);
  });

  test("5b: no memory to linearise: -ENOMEM", () => {
    const skb = packet({ ...list, gsoType: LIST | SKB_GSO_DODGY });
    failAllocations(skb.mem, 1);
    expect(cut(skb)).toBe(-ENOMEM);
  });

  test("5a: the error of the list path", () => {
    const skb = packet({ linear: 10, members: [{ linear: 4, frags: [6] }], gsoSize: 10, gsoType: LIST });
    failAllocations(skb.mem, 1);
    expect(cut(skb)).toBe(-ENOMEM);
  });

  test("5a: a list with one element: NULLDEREF(list-second)", () => {
    const skb = packet({ linear: 10, gsoSize: 10, gsoType: LIST });
    skb.len += 1;
    skb.dataLen += 1;
    expect(faultOf(() => cut(skb))).toBe("NULLDEREF(list-second)");
  });

  test("8: an error gives the packet its owner back", () => {
    const skb = packet({ linear: 25, gsoSize: 10 });
    const sk = new Sock("sender");
    skbSetOwnerW(skb, sk);
    failAllocations(skb.mem, 2);
    expect(cut(skb)).toBe(-ENOMEM);
    expect([skb.sk, skb.destructor, sk.wmemAlloc]).toEqual([sk, "sock_wfree", 1 + skb.truesize]);
  });

  test("9: still GSO: the UDP length of all but the last is that of gso_segs segments", () => {
    const skb = packet({ linear: 35, gsoSize: 10 });
    const segs = segmentsOf(skb, HW | NETIF_F_GSO_PARTIAL);
    expect(udpLengths(segs)).toEqual([38, 13]);
    expect(segs.map((seg) => seg.head.shinfo.gsoSize)).toEqual([10, 0]);
  });

  test("10: the time stamp goes to the first segment, other flags to none", () => {
    const skb = packet({ linear: 25, gsoSize: 10 });
    skb.shinfo.txFlags = 1 | 2 | 4 | 64;
    skb.shinfo.tskey = 9;
    expect(segmentsOf(skb).map((seg) => [seg.head.shinfo.txFlags, seg.head.shinfo.tskey])).toEqual([
      [1 | 2 | 64, 9],
      [0, 0],
      [0, 0],
    ]);
  });

  test("11: a checksum field of 0 is no special case: the result carries a computed checksum", () => {
    const skb = packet({ linear: 25, gsoSize: 10 });
    writeU16(skb, skb.transportHeader + 6, 0);
    expect(segmentsOf(skb).map((seg) => udpField(seg, 6) !== 0)).toEqual([true, true, true]);
  });

  test("12, 13: lengths of every segment, sums complete without offload and partial with it", () => {
    const complete = segmentsOf(packet({ linear: 25, gsoSize: 10 }));
    expect(udpLengths(complete)).toEqual([18, 18, 13]);
    expect(complete.map(verifies)).toEqual([true, true, true]);
    const partial = segmentsOf(packet({ linear: 5, frags: [20], gsoSize: 10 }), HW);
    expect(udpLengths(partial)).toEqual([18, 18, 13]);
    for (const seg of partial) {
      const pseudo = pseudoSumV4(flatten(seg), 26, 30, seg.len - 34, 17, 0);
      expect([seg.ipSummed, udpField(seg, 6)]).toEqual([CHECKSUM_PARTIAL, ~csumFold(pseudo) & 0xffff]);
      expect(seg.csumStart).toBe(seg.transportHeader);
    }
  });

  test("12: a computed sum of 0 is stored as 0xffff", () => {
    const skb = packet({ linear: 4, gsoSize: 2 });
    // Payload words that make the first segment's complement 0.
    const want = csumFold(csumPartial(segmentBytesWithout(skb), 0, 10, pseudoSumV4(headersOf(4), 26, 30, 10, 17, 0)));
    putBytes(skb, skb.data + 8, Uint8Array.of(want >>> 8, want & 0xff));
    const [first] = segmentsOf(skb);
    expect(udpField(must(first), 6)).toBe(0xffff);
    expect(verifies(must(first))).toBe(true);
  });

  /** The first segment's UDP header with length 10 and no checksum, its two payload bytes zero. */
  function segmentBytesWithout(skb: SkBuff): Uint8Array {
    return Uint8Array.of(...flatten(skb).slice(0, 4), 0, 10, 0, 0, 0, 0);
  }

  test("14: NONE of the original becomes UNNECESSARY", () => {
    const skb = packet({ linear: 25, gsoSize: 10 });
    skb.ipSummed = CHECKSUM_NONE;
    segmentsOf(skb);
    expect(skb.ipSummed).toBe(CHECKSUM_UNNECESSARY);
  });

  test("15: every segment owned, the charge moved by the difference, the original unowned", () => {
    for (const more of [0, 100_000]) {
      const skb = packet({ linear: 25, gsoSize: 10 });
      skb.truesize += more;
      const sk = new Sock("sender");
      skbSetOwnerW(skb, sk);
      const segs = segmentsOf(skb);
      const sum = segs.reduce((total, seg) => total + seg.truesize, 0);
      expect(segs.map((seg) => [seg.sk, seg.destructor])).toEqual(Array(3).fill([sk, "sock_wfree"]));
      expect([skb.sk, skb.destructor, sk.wmemAlloc]).toEqual([null, "", 1 + sum]);
      kfreeSkb(skb);
      kfreeSkbList(must(segs[0]));
      expect(sk.wmemAlloc).toBe(1);
    }
  });

  test("15: a charge that comes to nothing is warned of", () => {
    const skb = packet({ linear: 25, gsoSize: 10 });
    skb.truesize += 100_000;
    const sk = new Sock("sender");
    skbSetOwnerW(skb, sk);
    sk.wmemAlloc = 1;
    segmentsOf(skb);
    expect(skb.mem.warnings.map(({ id }) => id)).toEqual(["wmem-underflow"]);
  });

  test("a packet charged otherwise keeps its owner", () => {
    const skb = packet({ linear: 25, gsoSize: 10 });
    skb.sk = new Sock("receiver");
    skb.destructor = "sock_edemux";
    expect(segmentsOf(skb).map((seg) => seg.sk)).toEqual([null, null, null]);
    expect(skb.destructor).toBe("sock_edemux");
  });
});

describe("udp4_ufo_fragment", () => {
  test("a type with neither UDP nor UDP_L4: -EINVAL", () => {
    expect(udp4UfoFragment(k, packet({ linear: 25, gsoSize: 10, gsoType: SKB_GSO_FRAGLIST }), 0)).toBe(-EINVAL);
  });

  test("a UDP header that is not all there: -EINVAL", () => {
    const skb = packet({ linear: 25, gsoSize: 10 });
    skb.tail = skb.data + 7;
    skb.len = 7;
    expect(udp4UfoFragment(k, skb, 0)).toBe(-EINVAL);
  });

  test("UDP_L4 is cut into datagrams", () => {
    const segs = udp4UfoFragment(k, packet({ linear: 25, gsoSize: 10 }), 0);
    expect(chain(segs as SkBuff).map(shapeOf)).toEqual(["linear 52", "linear 52", "linear 47"]);
  });
});
