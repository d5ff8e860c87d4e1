import { describe, expect, test } from "vitest";
import { getU16, getU32 } from "../../bytes/view.js";
import { putBytes } from "../../skb/bytes.js";
import { EMSGSIZE, ENETUNREACH } from "../../skb/errno.js";
import { PACKET_MULTICAST, type SkBuff } from "../../skb/SkBuff.js";
import { alive, failAllocations, flatten, makeSkb, NOTHING_ALIVE, payload } from "../../skb/testing/make.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import { IP_DF } from "../../wire/ipv4.js";
import { slowSum } from "../testing/nestedPackets.js";
import {
  arriving,
  type Datagram,
  ip4,
  ipPacket,
  k,
  makeRouter,
  portOf,
  RECEIVER,
  type Router,
  SENDER,
} from "../testing/router.js";
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, ICMP_TIME_EXCEEDED, makeIcmp } from "./icmp.js";
import { icmpSend, ipLocalOut } from "./ipOutput.js";

/** The error about a datagram that came in through A, as it would be sent. */
function errorAbout(datagram: Datagram, change: (skb: SkBuff, router: Router) => void = () => {}) {
  const router = makeRouter();
  const skb = arriving(router, datagram);
  change(skb, router);
  const error = makeIcmp(router.net, skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0x1234);
  return error === null ? null : flatten(error);
}

describe("an ICMP error", () => {
  test("quotes the packet, has the precedence of network control and sums that fit", () => {
    const bytes = errorAbout({ saddr: ip4("10.0.0.9") }) as Uint8Array;
    expect(bytes.slice(0, 20).with(10, 0).with(11, 0)).toEqual(
      Uint8Array.of(0x45, 0xc0, 0, 76, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 254, 10, 0, 0, 9),
    );
    expect([bytes[20], bytes[21], getU32(bytes, 24)]).toEqual([3, 3, 0x1234]);
    expect([slowSum(bytes.slice(0, 20)), slowSum(bytes.slice(20))]).toEqual([0xffff, 0xffff]);
    expect(bytes.slice(28)).toEqual(ipPacket({ saddr: ip4("10.0.0.9") }));
  });

  test("is no longer than 576 bytes", () => {
    expect(errorAbout({ data: payload(1000) })).toHaveLength(576);
  });

  test("comes from the address that was meant, where that is ours", () => {
    expect(errorAbout({ daddr: ip4("10.1.0.254") })?.slice(12, 16)).toEqual(ip4("10.1.0.254"));
  });

  test("about a packet whose header was pulled already quotes it all the same", () => {
    const bytes = errorAbout({}, (skb) => {
      skb.data += 20;
      skb.len -= 20;
    });
    expect(bytes?.slice(28)).toEqual(ipPacket());
  });

  test.each<[string, Datagram, (skb: SkBuff, router: Router) => void]>([
    ["a frame for a group", {}, (skb) => Object.assign(skb, { pktType: PACKET_MULTICAST })],
    ["a packet for a group", { daddr: ip4("239.1.2.3") }, () => {}],
    ["a fragment but the first", { fragOff: 100 }, () => {}],
    ["an ICMP error", { protocol: 1, source: 0x0b00 }, () => {}],
    ["an ICMP packet that is cut off", { protocol: 1 }, (skb) => Object.assign(skb, { len: 20 })],
    ["a sender that there is no route to", { saddr: ip4("192.0.2.1") }, () => {}],
    ["less than a header", {}, (skb) => Object.assign(skb, { tail: skb.data + 19 })],
  ])("is not sent about %s", (_name, datagram, change) => {
    expect(errorAbout(datagram, change)).toBeNull();
  });

  test("is sent about an echo request and about a first fragment", () => {
    expect(errorAbout({ protocol: 1, source: 0x0800 })).not.toBeNull();
    expect(errorAbout({ fragOff: 0x2000 })).not.toBeNull();
  });

  test("has no address to come from on an interface without one", () => {
    const error = errorAbout({ saddr: ip4("192.0.2.1") }, (_skb, { net }) => {
      const bare = portOf("bare");
      net.addInterface(bare);
      net.addRoute({ address: ip4("192.0.2.0"), bits: 24 }, bare);
    });
    expect(error).toBeNull();
  });

  test("without memory is not sent", () => {
    const router = makeRouter();
    const skb = arriving(router);
    failAllocations(router.mem, 1);
    icmpSend(k, router.net, skb, ICMP_TIME_EXCEEDED, 0, 0);
    expect(router.a.frames).toEqual([]);
  });
});

describe("ip_local_out", () => {
  function own(router: Router, length: number, datagram: Datagram = {}): SkBuff {
    const bytes = ipPacket({ saddr: ip4("10.1.0.254"), daddr: RECEIVER.ipv4, data: payload(length), ...datagram });
    bytes.set([0, 0], 2);
    const skb = makeSkb(router.mem, { headroom: 64, linear: bytes.length });
    putBytes(skb, skb.data, bytes);
    skb.networkHeader = skb.data;
    skb.transportHeader = skb.data + 20;
    skb.protocol = ETH_P_IP;
    return skb;
  }

  test("fills length and checksum in and sends along the route", () => {
    const router = makeRouter();
    expect(ipLocalOut(k, router.net, own(router, 100))).toBe(0);
    const [frame] = router.b.frames as [Uint8Array];
    expect([getU16(frame, 16), slowSum(frame.slice(14, 34))]).toEqual([128, 0xffff]);
  });

  test("no route: freed", () => {
    const router = makeRouter();
    expect(ipLocalOut(k, router.net, own(router, 10, { daddr: ip4("192.0.2.1") }))).toBe(-ENETUNREACH);
    expect([router.net.drops[0]?.reason, alive(router.mem)]).toEqual(["IP_OUTNOROUTES", NOTHING_ALIVE]);
  });

  test("too long and not to be cut: refused", () => {
    const router = makeRouter({ mtu: 600 });
    expect(ipLocalOut(k, router.net, own(router, 1000, { fragOff: IP_DF }))).toBe(-EMSGSIZE);
    expect(ipLocalOut(k, router.net, own(router, 1000))).toBe(0);
    expect(router.b.frames).toHaveLength(2);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test("to ourselves goes through the loopback device, from and to no MAC address", () => {
    const router = makeRouter();
    const lo = portOf("lo");
    router.net.addInterface(lo, { isLoopback: true });
    ipLocalOut(k, router.net, own(router, 10, { saddr: SENDER.ipv4, daddr: ip4("10.1.0.254") }));
    expect(lo.frames[0]?.slice(0, 12)).toEqual(new Uint8Array(12));
  });
});
