import { describe, expect, test } from "vitest";
import { SKB_GSO_DODGY, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import { getU16, getU32 } from "../../bytes/view.js";
import { putBytes, writeU8, writeU16 } from "../../skb/bytes.js";
import { EMSGSIZE, ENETUNREACH } from "../../skb/errno.js";
import { skbGet } from "../../skb/free.js";
import { PACKET_LOOPBACK, PACKET_MULTICAST, PACKET_OTHERHOST, type SkBuff } from "../../skb/SkBuff.js";
import {
  alive,
  clonesOf,
  failAllocations,
  flatten,
  makeSkb,
  NOTHING_ALIVE,
  payload,
  reportsOf,
} from "../../skb/testing/make.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import { netifReceive } from "../core/netif.js";
import { UdpSock } from "../ipv4/UdpSock.js";
import type { NetKernel } from "../NetKernel.js";
import { slowSum } from "../testing/nestedPackets.js";
import {
  arriving,
  CHECKSUMS,
  type Datagram,
  ip6,
  ipPacket,
  k,
  mac,
  makePartial,
  makeRouter,
  portOf,
  RECEIVER,
  type Router,
  SENDER,
} from "../testing/router.js";
import { ip6Forward } from "./ip6Forward.js";
import { ip6Rcv } from "./ip6Input.js";
import { ip6LocalOut } from "./ip6Output.js";

const US = ip6("fd00::254");

function receive(
  router: Router,
  datagram: Datagram = {},
  change: (skb: SkBuff) => void = () => {},
  kernel = k,
): SkBuff {
  const skb = arriving(router, { family: "ipv6", ...datagram });
  change(skb);
  netifReceive(kernel, router.net, skb);
  return skb;
}
const dropsOf = ({ net }: Router): string[] => net.drops.map(({ location, reason }) => `${location} ${reason}`);
/** Type and code of the ICMPv6 error that went back, with its second word. */
const errorsOf = ({ a }: Router) => a.frames.map((frame) => [frame[54], frame[55], getU32(frame, 58)]);

const asGso =
  (size: number) =>
  (skb: SkBuff): void => {
    const pseudo = slowSum(flatten(skb).slice(8, 40), 17 + skb.len - 40);
    makePartial(skb, skb.networkHeader + 40, pseudo);
    Object.assign(skb.shinfo, { gsoSize: size, gsoType: SKB_GSO_UDP_L4 | SKB_GSO_DODGY });
  };

describe("ip6_forward", () => {
  test("one hop less, new link addresses, everything else as it was", () => {
    const router = makeRouter();
    receive(router);
    const [frame] = router.b.frames as [Uint8Array];
    expect(frame.slice(0, 14)).toEqual(Uint8Array.of(...mac(2), ...mac(0xbb), 0x86, 0xdd));
    const before = ipPacket({ family: "ipv6" });
    expect(frame.slice(14)).toEqual(before.with(7, 63));
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test("the header of a clone is made private first; no memory for that: dropped", () => {
    const router = makeRouter();
    const skb = arriving(router, { family: "ipv6" });
    const [sibling] = clonesOf(skb, 1) as [SkBuff];
    const bytes = flatten(sibling);
    netifReceive(k, router.net, skb);
    expect([flatten(sibling), reportsOf(router.mem)]).toEqual([bytes, []]);
    failAllocations(router.mem, 2);
    netifReceive(k, router.net, clonesOf(sibling, 1)[0] as SkBuff);
    expect(dropsOf(router)).toEqual(["ip6_forward NOT_SPECIFIED"]);
  });

  test.each([0, 1])("hop limit %i: the sender is told", (ttl) => {
    const router = makeRouter({ flowLabel: 0x815b6 });
    receive(router, { ttl });
    expect([dropsOf(router), errorsOf(router)]).toEqual([["ip6_forward IP_INHDR"], [[3, 0, 0]]]);
    const [frame] = router.a.frames as [Uint8Array];
    expect(getU32(frame, 14)).toBe(0x600815b6);
    expect(frame.slice(22, 54)).toEqual(Uint8Array.of(...US, ...SENDER.ipv6));
    expect(slowSum(Uint8Array.of(...frame.slice(22, 54), ...frame.slice(54)), 58 + frame.length - 54)).toBe(0xffff);
    expect(frame.slice(62)).toEqual(ipPacket({ family: "ipv6", ttl }));
  });

  test.each([
    ["no address", ip6("::0"), [], ["ip6_forward IP_INADDRERRORS"]],
    ["a link-local address", ip6("fe80::1"), [], ["ip6_forward IP_INADDRERRORS"]],
    ["a group's", ip6("ff12::1"), [], ["ip6_rcv_core IP_INHDR"]],
    ["the loopback address", ip6("::1"), [], ["ip6_rcv_core IP_INHDR"]],
  ])("%s as a source is not sent on", (_name, saddr, errors, drops) => {
    const router = makeRouter();
    receive(router, { saddr });
    expect([dropsOf(router), errorsOf(router), router.b.frames]).toEqual([drops, errors, []]);
  });

  test("a group's frame, and one merged by a device that cannot say how, are not sent on", () => {
    const router = makeRouter();
    receive(router, {}, (skb) => Object.assign(skb, { pktType: PACKET_MULTICAST }));
    const to = router.net.routeOutput(RECEIVER.ipv6);
    if (to === null) throw new Error("no route");
    ip6Forward(k, router.net, makeSkb(router.mem, { linear: 60, frags: [100], gsoSize: 50 }), to);
    expect(dropsOf(router)).toEqual(Array(2).fill("ip6_forward NOT_SPECIFIED"));
  });
});

describe("a packet longer than the MTU", () => {
  test("is never cut for somebody else: the sender is told, with 1,280 bytes at most", () => {
    const router = makeRouter({ mtu: 1300 });
    receive(router, { data: payload(1400) });
    expect([dropsOf(router), errorsOf(router)]).toEqual([["ip6_forward PKT_TOO_BIG"], [[2, 0, 1300]]]);
    expect(router.a.frames[0]).toHaveLength(1294);
  });

  test("an MTU below the smallest counts as that", () => {
    const router = makeRouter({ mtu: 600 });
    receive(router, { data: payload(1300) });
    expect(errorsOf(router)).toEqual([[2, 0, 1280]]);
  });

  test("that will be cut into segments which fit is no such packet; their lengths count with headers", () => {
    const fits = makeRouter({ mtu: 1280, features: CHECKSUMS });
    receive(fits, { data: payload(2464) }, asGso(1232));
    expect(fits.b.frames.map((frame) => frame.length)).toEqual([1294, 1294]);
    const router = makeRouter({ mtu: 1280, features: CHECKSUMS });
    receive(router, { data: payload(2466) }, asGso(1233));
    expect(errorsOf(router)).toEqual([[2, 0, 1280]]);
  });
});

describe("ip6_local_out", () => {
  /** A packet of ours to the receiver behind B. */
  function own(
    router: Router,
    length: number,
    change: (skb: SkBuff) => void = () => {},
    daddr = RECEIVER.ipv6,
  ): SkBuff {
    const bytes = ipPacket({ family: "ipv6", saddr: ip6("fd01::254"), daddr, data: payload(length) });
    putU16Zero(bytes);
    const skb = makeSkb(router.mem, { headroom: 64, linear: bytes.length });
    putBytes(skb, skb.data, bytes);
    skb.networkHeader = skb.data;
    skb.transportHeader = skb.data + 40;
    skb.protocol = ETH_P_IPV6;
    change(skb);
    return skb;
  }
  const putU16Zero = (bytes: Uint8Array): void => bytes.set([0, 0], 4);

  test("fills the payload length in and sends along the route", () => {
    const router = makeRouter();
    expect(ip6LocalOut(k, router.net, own(router, 100))).toBe(0);
    expect(router.b.frames.map((frame) => getU16(frame, 18))).toEqual([108]);
  });

  test("a length beyond 16 bits is 0", () => {
    const router = makeRouter({ mtu: 1 << 20 });
    ip6LocalOut(k, router.net, own(router, 65_528));
    expect(getU16(router.b.frames[0] as Uint8Array, 18)).toBe(0);
  });

  test("no route: freed", () => {
    const router = makeRouter();
    expect(ip6LocalOut(k, router.net, own(router, 10, undefined, ip6("fd55::1")))).toBe(-ENETUNREACH);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test("an interface on which IPv6 is disabled sends nothing", () => {
    const router = makeRouter();
    const off = portOf("off");
    router.net.addInterface(off, { address: mac(5) });
    router.net.addRoute({ address: ip6("fd55::0"), bits: 64 }, off);
    expect(ip6LocalOut(k, router.net, own(router, 10, undefined, ip6("fd55::1")))).toBe(0);
    expect(dropsOf(router)).toEqual(["ip6_output IPV6DISABLED"]);
  });

  test("too long: cut where the sender lets it, else the sender is told", () => {
    const router = makeRouter({ mtu: 1280 });
    expect(
      ip6LocalOut(
        k,
        router.net,
        own(router, 1400, (skb) => Object.assign(skb, { ignoreDf: true })),
      ),
    ).toBe(0);
    expect(router.b.frames.map((frame) => [frame.length, frame[20]])).toEqual([
      [1294, 44],
      [14 + 40 + 8 + 176, 44],
    ]);
    router.net.addInterface(portOf("lo"), { isLoopback: true });
    expect(ip6LocalOut(k, router.net, own(router, 1400))).toBe(-EMSGSIZE);
    expect(dropsOf(router)).toContain("ip6_fragment PKT_TOO_BIG");
  });

  test("segments that are too long: segmented, and each dealt with by its own length", () => {
    const router = makeRouter({ mtu: 1280, features: CHECKSUMS });
    const gso = (skb: SkBuff): void => {
      asGso(1400)(skb);
      skb.ignoreDf = true;
    };
    const err = ip6LocalOut(k, router.net, own(router, 2801, gso));
    // The last segment fits and gets no fragment header.
    expect([err, router.b.frames.map((frame) => frame[20])]).toEqual([0, [44, 44, 44, 44, 17]]);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);

    const strict = makeRouter({ mtu: 1280, features: CHECKSUMS });
    expect(ip6LocalOut(k, strict.net, own(strict, 2801, asGso(1400)))).toBe(-EMSGSIZE);
    expect(strict.b.frames).toHaveLength(1);
    expect(alive(strict.mem)).toEqual(NOTHING_ALIVE);
  });

  test("segments that cannot be made: dropped", () => {
    const router = makeRouter({ mtu: 1280 });
    const broken = (skb: SkBuff): void => {
      asGso(1400)(skb);
      skb.csumStart += 2;
    };
    ip6LocalOut(k, router.net, own(router, 2801, broken));
    expect(dropsOf(router)).toEqual(["ip6_finish_output_gso_slowpath_drop NOT_SPECIFIED"]);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a kernel that trusted GSO packets let segments out that were too long", () => {
    const faulty: NetKernel = { ...k, ip6Output: { segmentsFit: () => true } };
    const router = makeRouter({ mtu: 1280, features: CHECKSUMS });
    ip6LocalOut(faulty, router.net, own(router, 2800, asGso(1400)));
    expect(router.b.frames.map((frame) => frame.length)).toEqual([1462, 1462]);
  });
});

describe("ip6_rcv", () => {
  const options = (...bytes: number[]): Datagram => ({ options: Uint8Array.from(bytes), nexthdr: 0 });

  test.each<[string, Datagram, (skb: SkBuff) => unknown, string]>([
    ["a frame for another station", {}, (skb) => Object.assign(skb, { pktType: PACKET_OTHERHOST }), "OTHERHOST"],
    ["less than a header", {}, (skb) => Object.assign(skb, { len: 39, tail: skb.data + 39 }), "IP_INHDR"],
    ["another version", {}, (skb) => writeU8(skb, skb.data, 0x45), "IP_INHDR"],
    ["less than the payload length", {}, (skb) => writeU16(skb, skb.data + 4, 29), "PKT_TOO_SMALL"],
    ["the loopback address from outside", { daddr: ip6("::1") }, () => {}, "IP_INHDR"],
    ["a group of no scope", { daddr: ip6("ff10::1") }, () => {}, "IP_INHDR"],
    ["a group of this interface alone", { daddr: ip6("ff11::1") }, () => {}, "IP_INHDR"],
    ["options that run over their end", options(17, 0, 1, 9, 0, 0, 0, 0), () => {}, "IP_INHDR"],
    ["an option that nobody knows and nobody may skip", options(17, 0, 0x9e, 4, 0, 0, 0, 0), () => {}, "IP_INHDR"],
    ["too much padding", options(17, 1, 1, 4, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0), () => {}, "IP_INHDR"],
    [
      "too much padding in single bytes",
      options(17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      () => {},
      "IP_INHDR",
    ],
    ["padding that is not zero", options(17, 0, 1, 4, 0, 7, 0, 0), () => {}, "IP_INHDR"],
    ["an option without a length", options(17, 0, 1, 3, 0, 0, 0, 30), () => {}, "IP_INHDR"],
    ["options longer than the packet", options(17, 90, 1, 4, 0, 0, 0, 0), () => {}, "IP_INHDR"],
  ])("%s: dropped", (_name, datagram, change, reason) => {
    const router = makeRouter();
    receive(router, datagram, change);
    expect(dropsOf(router)).toEqual([`ip6_rcv_core ${reason}`]);
    expect([router.b.frames, alive(router.mem)]).toEqual([[], NOTHING_ALIVE]);
  });

  test("an interface on which IPv6 is disabled: dropped", () => {
    const router = makeRouter();
    const off = portOf("off");
    router.net.addInterface(off);
    receive(router, {}, (skb) => Object.assign(skb, { dev: off }));
    expect(dropsOf(router)).toEqual(["ip6_rcv_core IPV6DISABLED"]);
  });

  test("a cut that would take the checksum field away: dropped", () => {
    const router = makeRouter();
    receive(router, { trailing: 6 }, (skb) => Object.assign(skb, { ipSummed: 3, csum: 0xfff00 }));
    expect(dropsOf(router)).toEqual(["ip6_rcv_core IP_INHDR"]);
  });

  test("a shared packet is cloned; no memory: gone", () => {
    const router = makeRouter();
    const skb = skbGet(arriving(router, { family: "ipv6" }));
    failAllocations(router.mem, 1);
    ip6Rcv(k, router.net, skb);
    expect([skb.users, router.b.frames]).toEqual([1, []]);
  });

  test("hop-by-hop options that may be skipped go along; with them there need be no length", () => {
    const router = makeRouter();
    const experiment = options(17, 0, 0x1e, 4, 9, 9, 9, 9);
    receive(router, experiment);
    receive(router, experiment, (skb) => writeU16(skb, skb.data + 4, 0));
    expect(router.b.frames).toHaveLength(2);
  });

  test("no route: the sender is told, where we are a router at all", () => {
    for (const [ipv6Forwarding, errors] of [
      [true, [[1, 0, 0]]],
      [false, []],
    ] as const) {
      const router = makeRouter({ ipv6Forwarding });
      receive(router, { daddr: ip6("fd55::1") });
      expect([dropsOf(router), errorsOf(router)]).toEqual([["ip6_pkt_drop IP_INADDRERRORS"], errors]);
    }
  });

  test("from the loopback device addresses of this host may come", () => {
    const router = makeRouter();
    const lo = portOf("lo");
    router.net.addInterface(lo, { isLoopback: true, ipv6: [{ address: ip6("::1"), bits: 128 }] });
    receive(router, { saddr: ip6("::1"), daddr: ip6("::1"), dest: 9 }, (skb) =>
      Object.assign(skb, { dev: lo, pktType: PACKET_LOOPBACK }),
    );
    expect(dropsOf(router)).toEqual(["__udp6_lib_rcv NO_SOCKET"]);
  });
});

describe("local delivery steps over extension headers:", () => {
  const plain = { acceptsL4: false, acceptsFraglist: false, convertsChecksum: false, filters: false };
  function deliver(nexthdr: number, bytes: readonly number[], protocol = 17): { router: Router; sk: UdpSock } {
    const router = makeRouter();
    const sk = new UdpSock("sk", plain);
    router.net.bindUdp(sk, US, 2000);
    receive(router, { daddr: US, options: Uint8Array.from(bytes), nexthdr, protocol });
    return { router, sk };
  }
  const padded = (next: number) => [next, 0, 1, 4, 0, 0, 0, 0];

  test.each<[string, number, number[]]>([
    ["hop-by-hop options", 0, padded(17)],
    ["destination options", 60, padded(17)],
    ["a routing header that was followed to its end", 43, [17, 0, 253, 0, 0, 0, 0, 0]],
    ["all of them", 0, [...padded(43), 60, 0, 253, 0, 0, 0, 0, 0, ...padded(17)]],
  ])("%s", (_name, nexthdr, bytes) => {
    const { sk } = deliver(nexthdr, bytes);
    expect(sk.receiveQueue.map(flatten)).toEqual([payload(20, 7)]);
  });

  test.each<[string, number, number[], string, number[][]]>([
    ["a routing header with segments left", 43, [17, 0, 253, 1, 0, 0, 0, 0], "IP_INHDR", []],
    ["destination options that cannot be read", 60, [17, 0, 1, 9, 0, 0, 0, 0], "IP_INHDR", []],
    ["a routing header beyond the packet", 43, [17, 90, 253, 0, 0, 0, 0, 0], "IP_INHDR", []],
    ["a fragment, which is not put together", 44, [17, 0, 0, 1, 0, 0, 0, 1], "NOT_SPECIFIED", []],
    ["nothing behind", 59, [], "NOT_SPECIFIED", []],
    ["an unknown protocol", 200, [], "IP_NOPROTO", [[4, 1, 6]]],
    ["TCP, whose sockets are not modelled", 6, [], "IP_NOPROTO", []],
  ])("%s: dropped", (_name, nexthdr, bytes, reason, errors) => {
    const { router } = deliver(nexthdr, bytes, 17);
    expect(dropsOf(router)).toEqual([`ip6_protocol_deliver_rcu ${reason}`]);
    expect([errorsOf(router), alive(router.mem)]).toEqual([errors, NOTHING_ALIVE]);
  });
});

describe("no ICMPv6 error is sent", () => {
  const ICMPV6_ECHO = 128;
  test.each<[string, Datagram]>([
    ["about an ICMPv6 error", { ttl: 1, protocol: 58, source: 0x0100 }],
    ["about ICMPv6 that is cut off", { ttl: 1, options: Uint8Array.of(58, 200, 0, 0, 0, 0, 0, 0), nexthdr: 60 }],
    ["to nobody", { ttl: 1, saddr: ip6("::0") }],
    ["to where there is no route", { ttl: 1, saddr: ip6("fd55::1") }],
  ])("%s", (_name, datagram) => {
    const router = makeRouter();
    receive(router, datagram);
    expect([dropsOf(router), errorsOf(router)]).toEqual([["ip6_forward IP_INHDR"], []]);
  });

  test("but one about an echo is", () => {
    const router = makeRouter();
    receive(router, { ttl: 1, protocol: 58, source: ICMPV6_ECHO << 8 });
    expect(errorsOf(router)).toHaveLength(1);
  });

  test("no memory for it: the packet is dropped all the same", () => {
    const router = makeRouter();
    const skb = arriving(router, { family: "ipv6", ttl: 1 });
    failAllocations(router.mem, 1);
    netifReceive(k, router.net, skb);
    expect([dropsOf(router), router.a.frames]).toEqual([["ip6_forward IP_INHDR"], []]);
  });
});
