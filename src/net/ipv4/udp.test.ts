import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SG,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import { csumFold, csumPartial, pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import { putBytes, writeU16 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import { skbChecksum } from "../../skb/read.js";
import { PACKET_LOOPBACK, type SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import {
  alive,
  failAllocations,
  flatten,
  makeMemory,
  makeSkb,
  must,
  NOTHING_ALIVE,
  payload,
  type Shape,
} from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { emitIpv4, ipv4NoopOptions } from "../../wire/ipv4.js";
import { emitIpv6 } from "../../wire/ipv6.js";
import { emitUdp, IPPROTO_UDP } from "../../wire/udp.js";
import { gsoSeams } from "../core/gso.seams.js";
import type { GsoSegment, NetKernel } from "../NetKernel.js";
import { UdpSock, type UdpSockOptions } from "./UdpSock.js";
import { udpRcv, udpUnexpectedGso } from "./udp.js";
import { udpSeams } from "./udp.seams.js";

const plain: UdpSockOptions = { acceptsL4: false, acceptsFraglist: false, convertsChecksum: false, filters: false };
const socket = (more: Partial<UdpSockOptions> = {}): UdpSock => new UdpSock("socket", { ...plain, ...more });
const sockets = (count: number): UdpSock[] => Array.from({ length: count }, () => socket());

const DATA = payload(20, 500);

/** A received datagram of 20 bytes, `data` at its IP header; its checksum is right unless another is given. */
function packet(shape: Shape & { ipv6?: boolean; check?: number; ulen?: number; trailing?: number } = {}): SkBuff {
  const { ipv6 = false, ulen = 8 + DATA.length, trailing = 0 } = shape;
  const ip = ipv6 ? 40 : 20;
  const bytes = new Uint8Array(ip + 8 + DATA.length + trailing);
  const base = { saddr: payload(ipv6 ? 16 : 4, 10), daddr: payload(ipv6 ? 16 : 4, 40) };
  if (ipv6) {
    emitIpv6(bytes, 0, {
      ...base,
      trafficClass: 0,
      flowLabel: 0,
      payloadLen: ulen,
      nexthdr: IPPROTO_UDP,
      hopLimit: 64,
    });
  } else {
    const rest = { tos: 0, totLen: ip + ulen, id: 1, fragOff: 0, ttl: 64, protocol: IPPROTO_UDP };
    emitIpv4(bytes, 0, { ...base, ...rest, options: ipv4NoopOptions(0) });
  }
  emitUdp(bytes, ip, { source: 1000, dest: 2000, len: ulen, check: 0 });
  bytes.set(DATA, ip + 8);
  const pseudo = ipv6 ? pseudoSumV6(bytes, 8, 24, ulen, 17, 0) : pseudoSumV4(bytes, 12, 16, ulen, 17, 0);
  const check = shape.check ?? (csumFold(csumPartial(bytes, ip, ulen, pseudo)) || 0xffff);
  bytes[ip + 6] = check >>> 8;
  bytes[ip + 7] = check & 0xff;
  const skb = makeSkb(makeMemory(), { headroom: 78, ...shape, linear: bytes.length });
  putBytes(skb, skb.data, bytes);
  skb.protocol = ipv6 ? ETH_P_IPV6 : ETH_P_IP;
  skb.networkHeader = skb.data;
  skb.macHeader = skb.data - 14;
  skb.macLen = 14;
  return skb;
}

/** A kernel whose IPv4 segmentation is `handler`. */
const kernelWith = (handler: GsoSegment): NetKernel =>
  ({ gso: gsoSeams, udp: udpSeams, offloads: { packet: new Map([[ETH_P_IP, handler]]) } }) as unknown as NetKernel;
const k = kernelWith(() => null);

const payloadsOf = (sk: UdpSock): Uint8Array[] => sk.receiveQueue.map(flatten);

describe("udp_unexpected_gso", () => {
  const both = SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST;
  const tunnel = { acceptsL4: true, acceptsFraglist: true, encapRcv: () => 0 };
  test.each<[string, number, number, Partial<UdpSockOptions>, boolean]>([
    ["not GSO", 0, SKB_GSO_UDP_L4, {}, false],
    ["UDP_L4, not accepted", 10, SKB_GSO_UDP_L4, {}, true],
    ["UDP_L4, accepted", 10, SKB_GSO_UDP_L4, { acceptsL4: true }, false],
    ["FRAGLIST, only L4 accepted", 10, both, { acceptsL4: true }, true],
    ["FRAGLIST, accepted", 10, both, { acceptsL4: true, acceptsFraglist: true }, false],
    ["neither type", 10, SKB_GSO_UDP, {}, false],
    ["a tunnel's, merged outside", 10, both, { ...tunnel }, true],
    ["a tunnel's, merged inside", 10, both | SKB_GSO_UDP_TUNNEL, { ...tunnel }, false],
    ["a tunnel's with checksum, merged inside", 10, both | SKB_GSO_UDP_TUNNEL_CSUM, { ...tunnel }, false],
  ])("%s: %s", (_name, gsoSize, gsoType, options, expected) => {
    expect(udpUnexpectedGso(k, socket(options), packet({ gsoSize, gsoType }))).toBe(expected);
  });
});

describe("udp_rcv_segment", () => {
  const aggregate = (gsoType = SKB_GSO_UDP_L4): SkBuff => packet({ gsoSize: 8, gsoSegs: 3, gsoType });

  test("UFO: dropped with count 1", () => {
    const sk = socket();
    const skb = aggregate(SKB_GSO_UDP | SKB_GSO_FRAGLIST);
    udpRcv(k, skb, [sk], false);
    expect([sk.drops, sk.inErrors, sk.receiveQueue]).toEqual([1, 1, []]);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test.each<[string, GsoSegment]>([
    ["an error", () => -EINVAL],
    ["NULL", () => null],
  ])("%s: dropped with count gso_segs, freed", (_name, handler) => {
    const sk = socket();
    const skb = aggregate();
    udpRcv(kernelWith(handler), skb, [sk], false);
    expect([sk.drops, sk.inErrors]).toEqual([3, 3]);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("the count is read after the attempt: 0 where somebody reset it", () => {
    const sk = socket();
    const resets = kernelWith((_k, skb) => {
      skb.shinfo.gsoSegs = 0;
      return -EINVAL;
    });
    udpRcv(resets, aggregate(), [sk], false);
    expect(sk.drops).toBe(0);
  });

  test.each([
    ["checksum features are given so that none is recomputed", {}, NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM],
    ["not for a socket that asks for conversion", { convertsChecksum: true }, NETIF_F_SG],
  ])("%s", (_name, options, expected) => {
    let given = 0;
    let at = 0;
    const skb = aggregate();
    const seen = kernelWith((_k, one, features) => {
      given = features;
      at = one.macHeader;
      return -EINVAL;
    });
    const mac = skb.macHeader;
    udpRcv(seen, skb, [socket(options)], false);
    expect([given, at]).toEqual([expected, mac]);
  });

  test("a loopback packet is partial", () => {
    const skb = aggregate();
    skb.pktType = PACKET_LOOPBACK;
    let summed = -1;
    const seen = kernelWith((_k, one) => {
      summed = one.ipSummed;
      return -EINVAL;
    });
    udpRcv(seen, skb, [socket()], false);
    expect(summed).toBe(CHECKSUM_PARTIAL);
  });

  test("each segment is queued behind its header, its checksum trusted, and the aggregate consumed", () => {
    const sk = socket();
    const skb = aggregate();
    const segment = (seed: number): SkBuff => {
      const seg = makeSkb(skb.mem, { headroom: 64, linear: 14 + 20 + 8 + 5, seed });
      seg.macHeader = seg.data;
      seg.transportHeader = seg.data + 34;
      return seg;
    };
    const [first, second] = [segment(2), segment(3)];
    first.next = second;
    second.cbPartialCov = true;
    const expected = [first, second].map((seg) => flatten(seg).slice(42));
    udpRcv(
      kernelWith(() => first),
      skb,
      [sk],
      false,
    );
    expect(payloadsOf(sk)).toEqual(expected);
    expect([first, second].map((seg) => [seg.cbCscov, seg.csumValid, seg.next])).toEqual(
      Array(2).fill([13, true, null]),
    );
    expect(skb.mem.warnings.map(({ id }) => id)).toContain("partial-coverage");
    expect(skb.users).toBe(0);
  });

  test("a list that is the packet itself survives the consumption by its extra reference", () => {
    const sk = socket();
    const skb = aggregate();
    const itself = kernelWith((_k, one) => {
      one.users++;
      one.shinfo.gsoSize = 0;
      return one;
    });
    udpRcv(itself, skb, [sk], false);
    expect([sk.receiveQueue, skb.users]).toEqual([[skb], 1]);
  });
});

describe("udp_rcv", () => {
  test.each([false, true])("a datagram reaches its socket without its header, IPv6 %s", (ipv6) => {
    const sk = socket();
    const skb = packet({ ipv6 });
    expect(udpRcv(k, skb, [sk], false)).toEqual({ cloneFailures: 0, dropReason: "" });
    expect(payloadsOf(sk)).toEqual([DATA]);
    expect(sk.rmemAlloc).toBe(skb.truesize);
  });

  test("bytes behind the UDP length are trimmed", () => {
    const sk = socket();
    udpRcv(k, packet({ trailing: 6 }), [sk], false);
    expect(payloadsOf(sk)).toEqual([DATA]);
  });

  test("the sender's charge is given back", () => {
    const sender = new Sock("sender");
    const skb = packet();
    skbSetOwnerW(skb, sender);
    udpRcv(k, skb, [socket()], false);
    expect(sender.wmemAlloc).toBe(1);
  });

  const cut = (skb: SkBuff, len: number): SkBuff => {
    skb.tail -= skb.len - len;
    skb.len = len;
    return skb;
  };
  test.each<[string, () => SkBuff, string]>([
    ["another protocol", () => Object.assign(packet(), { protocol: ETH_P_IPV6 }), "no-udp"],
    ["a header that is not all there", () => cut(packet(), 27), "short"],
    ["a UDP length below 8", () => packet({ ulen: 7 }), "short"],
    ["a UDP length beyond the packet", () => packet({ ulen: 29 }), "short"],
    ["IPv6 without a checksum", () => packet({ ipv6: true, check: 0 }), "zero-checksum"],
    ["nobody who listens", () => packet(), "no-socket"],
  ])("%s: dropped and freed", (_name, make, dropReason) => {
    const skb = make();
    const listeners = dropReason === "no-socket" ? [] : [socket()];
    expect(udpRcv(k, skb, listeners, false)).toEqual({ cloneFailures: 0, dropReason });
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a trim that would cut off the checksum field: dropped", () => {
    const skb = packet({ trailing: 6 });
    Object.assign(skb, { ipSummed: CHECKSUM_PARTIAL, csum: ((60 << 16) | (skb.data + 20)) >>> 0 });
    expect(udpRcv(k, skb, [socket()], false).dropReason).toBe("short");
  });

  test("IPv4 without a checksum is fine, and not verified for a filter", () => {
    const sk = socket({ filters: true });
    udpRcv(k, packet({ check: 0 }), [sk], false);
    expect(payloadsOf(sk)).toEqual([DATA]);
  });
});

describe("a socket with a filter", () => {
  test.each([false, true])("drops a datagram with a wrong checksum, IPv6 %s", (ipv6) => {
    const sk = socket({ filters: true });
    const skb = packet({ ipv6, check: 0x1234 });
    udpRcv(k, skb, [sk], false);
    expect([sk.drops, sk.inErrors, sk.receiveQueue]).toEqual([1, 1, []]);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
    udpRcv(k, packet({ ipv6 }), [sk], false);
    expect(payloadsOf(sk)).toEqual([DATA]);
  });

  test.each<[string, Partial<SkBuff>]>([
    ["verified", { ipSummed: CHECKSUM_UNNECESSARY }],
    ["trusted after segmentation", { csumValid: true }],
    ["still to be filled in", { ipSummed: CHECKSUM_PARTIAL, csum: 200 }],
  ])("asks nothing of a checksum that is %s", (_name, state) => {
    const sk = socket({ filters: true });
    udpRcv(k, Object.assign(packet({ check: 0x1234 }), state), [sk], false);
    expect(sk.receiveQueue).toHaveLength(1);
  });

  test("without one nobody looks", () => {
    const sk = socket();
    udpRcv(k, packet({ check: 0x1234 }), [sk], false);
    expect(sk.receiveQueue).toHaveLength(1);
  });
});

describe("the sum that is left for the reader", () => {
  test("unverified: the UDP header is added to it; complete: taken out of it", () => {
    const skb = packet();
    skb.csum = 5;
    const header = csumPartial(flatten(skb), 20, 8, 5);
    udpRcv(k, skb, [socket()], false);
    expect(csumFold(skb.csum)).toBe(csumFold(header));

    const complete = packet();
    Object.assign(complete, { ipSummed: CHECKSUM_COMPLETE, csum: skbChecksum(complete, 20, 28, 0) });
    udpRcv(k, complete, [socket()], false);
    expect(csumFold(complete.csum)).toBe(csumFold(csumPartial(DATA, 0, DATA.length, 0)));
    expect(skb.ipSummed).toBe(CHECKSUM_NONE);
  });
});

describe("the receive queue", () => {
  test("a full buffer drops, but one packet always fits", () => {
    const sk = socket({ rcvbuf: 100 });
    const [first, second] = [packet(), packet()];
    udpRcv(k, first, [sk], false);
    udpRcv(k, second, [sk], false);
    expect([sk.receiveQueue, sk.rcvbufErrors, sk.inErrors, sk.drops]).toEqual([[first], 1, 1, 1]);
    expect(alive(second.mem)).toEqual(NOTHING_ALIVE);
    expect(sk.rmemAlloc).toBe(first.truesize);
  });

  test("under pressure the truesize is condensed", () => {
    const sk = socket({ rcvbuf: 100_000 });
    const [first, second] = [packet(), packet()];
    first.truesize = 60_000;
    second.truesize = 30_000;
    udpRcv(k, first, [sk], false);
    udpRcv(k, second, [sk], false);
    expect(second.truesize).toBe(second.end + 576);
    expect(sk.rmemAlloc).toBe(60_000 + second.truesize);
  });

  test("taking out gives back what was charged, and links are cut", () => {
    const sk = socket();
    const skb = packet();
    skb.next = skb.prev = skb;
    sk.enqueue(skb);
    expect([skb.next, skb.prev]).toEqual([null, null]);
    const charged = sk.rmemAlloc;
    skb.truesize += 1000;
    expect(sk.dequeue()).toBe(skb);
    expect([charged > 0, sk.rmemAlloc]).toEqual([true, 0]);
    expect(sk.dequeue()).toBeUndefined();
    kfreeSkb(skb);
  });
});

describe("multicast delivery", () => {
  test("sockets 2 to N get clones, in order; the original goes to the first, last", () => {
    const all = sockets(4);
    const skb = packet();
    const order: UdpSock[] = [];
    for (const sk of all) {
      const { enqueue } = sk;
      sk.enqueue = (one) => {
        order.push(sk);
        enqueue.call(sk, one);
      };
    }
    expect(udpRcv(k, skb, all, true)).toEqual({ cloneFailures: 0, dropReason: "" });
    expect(order).toEqual([all[1], all[2], all[3], all[0]]);
    expect(must(all[0]).receiveQueue).toEqual([skb]);
    expect(all.flatMap(payloadsOf)).toEqual(Array(4).fill(DATA));
    expect(skb.head.shinfo.datarefSeen).toBe(4);
  });

  test("each clone is segmented before the next one is made", () => {
    const skb = packet({ gsoSize: 8, gsoSegs: 3, gsoType: SKB_GSO_UDP_L4 });
    const live: number[] = [];
    const watching = kernelWith((_k, one) => {
      live.push(one.mem.skbs);
      return -EINVAL;
    });
    udpRcv(watching, skb, sockets(3), true);
    expect(live).toEqual([2, 2, 1]);
  });

  test("no clone: drops, RcvbufErrors and InErrors of that socket, and the loop goes on", () => {
    const all = sockets(3);
    const skb = packet();
    failAllocations(skb.mem, 1);
    expect(udpRcv(k, skb, all, true)).toEqual({ cloneFailures: 1, dropReason: "" });
    expect(all.map((sk) => [sk.receiveQueue.length, sk.drops, sk.rcvbufErrors, sk.inErrors])).toEqual([
      [1, 0, 0, 0],
      [0, 1, 1, 1],
      [1, 0, 0, 0],
    ]);
  });

  test("nobody listens: freed", () => {
    const skb = packet({ ipv6: true });
    writeU16(skb, skb.data + 46, 0x7777);
    expect(udpRcv(k, skb, [], true).dropReason).toBe("ignored-multi");
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });
});
