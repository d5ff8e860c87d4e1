import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_UNNECESSARY,
  SKB_GSO_DODGY,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { getU16 } from "../../bytes/view.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import { PACKET_MULTICAST, type SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
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
import { IP_DF, IP_MF } from "../../wire/ipv4.js";
import { netifReceive } from "../core/netif.js";
import { slowSum } from "../testing/nestedPackets.js";
import {
  arriving,
  CHECKSUMS,
  type Datagram,
  ip4,
  k,
  mac,
  makePartial,
  makeRouter,
  RECEIVER,
  type Router,
} from "../testing/router.js";
import { ipForward } from "./ipForward.js";
import { NO_OPTIONS } from "./ipOptions.js";

/** Lets a datagram come in through A. */
function route(router: Router, datagram: Datagram = {}, change: (skb: SkBuff) => void = () => {}): SkBuff {
  const skb = arriving(router, datagram);
  change(skb);
  netifReceive(k, router.net, skb);
  return skb;
}
const dropsOf = ({ net }: Router): string[] => net.drops.map(({ location, reason }) => `${location} ${reason}`);
const headerOk = (packet: Uint8Array): boolean => slowSum(packet.slice(0, ((packet[0] as number) & 15) * 4)) === 0xffff;

/** Turns the packet into one to be cut every `size` bytes of payload. */
const asGso =
  (size: number) =>
  (skb: SkBuff): void => {
    const pseudo = slowSum(flatten(skb).slice(12, 20), 17 + skb.len - 20);
    makePartial(skb, skb.networkHeader + 20, pseudo);
    Object.assign(skb.shinfo, { gsoSize: size, gsoType: SKB_GSO_UDP_L4 | SKB_GSO_DODGY });
  };

describe("ip_forward", () => {
  test("one hop less, a header checksum that fits, new link addresses, everything else as it was", () => {
    const router = makeRouter();
    route(router);
    const [frame] = router.b.frames as [Uint8Array];
    expect(frame.slice(0, 14)).toEqual(Uint8Array.of(...mac(2), ...mac(0xbb), 8, 0));
    const before = flatten(arriving(makeRouter()));
    const after = frame.slice(14);
    expect([before[8], after[8], headerOk(after)]).toEqual([64, 63, true]);
    expect(after.slice(12)).toEqual(before.slice(12));
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test.each(Array.from({ length: 8 }, (_, i) => 0xfef8 + i))("the header checksum stays right from %i on", (id) => {
    const router = makeRouter();
    for (let more = 0; more < 0x400; more += 0x80) route(router, { id: (id + more * 7) & 0xffff });
    expect(router.b.frames.map((frame) => headerOk(frame.slice(14)))).toEqual(Array(8).fill(true));
  });

  test("a sum over the whole packet is forgotten, a verified checksum stays verified", () => {
    const states: number[] = [];
    for (const ipSummed of [CHECKSUM_COMPLETE, CHECKSUM_UNNECESSARY]) {
      const router = makeRouter();
      router.b.startXmit = (skb) => states.push(skb.ipSummed);
      route(router, {}, (skb) => Object.assign(skb, { ipSummed }));
    }
    expect(states).toEqual([CHECKSUM_NONE, CHECKSUM_UNNECESSARY]);
  });

  test("the header of a clone is made private first", () => {
    const router = makeRouter();
    const skb = arriving(router);
    const [sibling] = clonesOf(skb, 1) as [SkBuff];
    const bytes = flatten(sibling);
    netifReceive(k, router.net, skb);
    expect(flatten(sibling)).toEqual(bytes);
    expect(reportsOf(router.mem)).toEqual([]);
  });

  test("no memory for that: dropped", () => {
    const router = makeRouter();
    const skb = arriving(router);
    clonesOf(skb, 1);
    failAllocations(router.mem, 1);
    netifReceive(k, router.net, skb);
    expect(dropsOf(router)).toEqual(["ip_forward NOT_SPECIFIED"]);
  });

  test("a group's frame is not sent on", () => {
    const router = makeRouter();
    route(router, {}, (skb) => Object.assign(skb, { pktType: PACKET_MULTICAST }));
    expect([dropsOf(router), router.b.frames]).toEqual([["ip_forward NOT_SPECIFIED"], []]);
  });

  test("nor is one merged by a device that cannot say how", () => {
    const router = makeRouter();
    const skb = makeSkb(router.mem, { linear: 40, frags: [100], gsoSize: 50 });
    const to = router.net.routeOutput(RECEIVER.ipv4);
    if (to === null) throw new Error("no route");
    ipForward(k, router.net, skb, to, NO_OPTIONS);
    expect(dropsOf(router)).toEqual(["ip_forward NOT_SPECIFIED"]);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test.each([0, 1])("TTL %i: the sender is told", (ttl) => {
    const router = makeRouter();
    route(router, { ttl });
    expect([dropsOf(router), router.b.frames]).toEqual([["ip_forward IP_INHDR"], []]);
    const [frame] = router.a.frames as [Uint8Array];
    expect(frame.slice(0, 14)).toEqual(Uint8Array.of(...mac(1), ...mac(0xaa), 8, 0));
    expect([frame[34], frame[35]]).toEqual([11, 0]);
  });
});

describe("a packet longer than the MTU", () => {
  const long = { data: payload(1400, 0) };
  test("may not be cut: the sender is told how long it may be", () => {
    const router = makeRouter({ mtu: 1280 });
    route(router, { ...long, fragOff: IP_DF });
    expect(dropsOf(router)).toEqual(["ip_forward PKT_TOO_BIG"]);
    const [frame] = router.a.frames as [Uint8Array];
    // 576 bytes are quoted at most, as the recorded kernel does.
    expect([frame.length, frame[34], frame[35], getU16(frame, 40)]).toEqual([590, 3, 4, 1280]);
    expect(frame.slice(42)).toEqual(flatten(arriving(makeRouter(), { ...long, fragOff: IP_DF })).slice(0, 548));
    expect([headerOk(frame.slice(14)), slowSum(frame.slice(34))]).toEqual([true, 0xffff]);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test("may be cut: fragments that begin at multiples of eight", () => {
    const router = makeRouter({ mtu: 1280 });
    route(router, long);
    const packets = router.b.frames.map((frame) => frame.slice(14));
    expect(packets.map((one) => [one.length, getU16(one, 6)])).toEqual([
      [1276, IP_MF],
      [172, 157],
    ]);
    expect(packets.map(headerOk)).toEqual([true, true]);
    expect(packets.flatMap((one) => [...one.slice(20)]).slice(8)).toEqual([...long.data]);
  });

  test("whose sender set nobody a limit is cut all the same", () => {
    const router = makeRouter({ mtu: 1280 });
    route(router, { ...long, fragOff: IP_DF }, (skb) => Object.assign(skb, { ignoreDf: true }));
    expect(router.b.frames).toHaveLength(2);
  });

  test("that will be cut into segments which fit is no such packet", () => {
    const router = makeRouter({ mtu: 1280, features: CHECKSUMS });
    route(router, { data: payload(2464), fragOff: IP_DF }, asGso(1232));
    expect(router.b.frames.map((frame) => frame.length)).toEqual([1274, 1274]);
  });

  test("that will be cut into segments which do not: segmented and fragmented here", () => {
    const router = makeRouter({ mtu: 1280, features: CHECKSUMS });
    route(router, { data: payload(2801) }, asGso(1400));
    const packets = router.b.frames.map((frame) => frame.slice(14));
    // The last segment fits as it is: one fragment, with neither offset nor more to come.
    expect(packets.map((one) => [one.length, getU16(one, 4), getU16(one, 6)])).toEqual([
      [1276, 0x1234, IP_MF],
      [172, 0x1234, 157],
      [1276, 0x1235, IP_MF],
      [172, 0x1235, 157],
      [29, 0x1236, 0],
    ]);
    expect(packets.map(headerOk)).toEqual(Array(5).fill(true));
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test("whose segments must not be cut: the sender is told", () => {
    const router = makeRouter({ mtu: 1280 });
    route(router, { data: payload(2801), fragOff: IP_DF }, asGso(1400));
    expect(dropsOf(router)).toEqual(["ip_forward PKT_TOO_BIG"]);
  });

  test("that cannot be segmented: dropped", () => {
    const router = makeRouter({ mtu: 1280 });
    route(router, { data: payload(2801) }, (skb) => {
      asGso(1400)(skb);
      skb.csumStart += 2;
    });
    expect(dropsOf(router)).toEqual(["ip_finish_output_gso NOT_SPECIFIED"]);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test("one fragment that cannot be made ends the packet, not the next segment", () => {
    const router = makeRouter({ mtu: 1280 });
    const skb = arriving(router, { data: payload(2800) });
    asGso(1400)(skb);
    failAllocations(router.mem, 3);
    netifReceive(k, router.net, skb);
    expect(router.b.frames.length).toBeLessThan(4);
    expect(router.b.frames.length).toBeGreaterThan(0);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });
});

test("a sender's packet is not sent on as somebody else's", () => {
  const router = makeRouter();
  const sender = new Sock("sender");
  route(router, {}, (skb) => skbSetOwnerW(skb, sender));
  // Reception takes it from its owner first.
  expect([router.b.frames.length, sender.wmemAlloc]).toEqual([1, 1]);
});

test("no route: the sender is told, where we are a router at all", () => {
  for (const [ipv4Forwarding, errors] of [
    [true, 1],
    [false, 0],
  ] as const) {
    const router = makeRouter({ ipv4Forwarding });
    route(router, { daddr: ip4("192.0.2.1") });
    expect([dropsOf(router), router.a.frames.length]).toEqual([["ip_error IP_INADDRERRORS"], errors]);
  }
});
