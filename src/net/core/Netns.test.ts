import { describe, expect, test } from "vitest";
import { kfreeSkb } from "../../skb/free.js";
import { UdpSock, type UdpSockOptions } from "../ipv4/UdpSock.js";
import { ip4, ip6, mac, makeRouter, portOf, SENDER } from "../testing/router.js";
import { netDevice } from "./NetDevice.js";
import { Netns } from "./Netns.js";

const plain: UdpSockOptions = { acceptsL4: false, acceptsFraglist: false, convertsChecksum: false, filters: false };
const socket = (more: Partial<UdpSockOptions> = {}): UdpSock => new UdpSock("socket", { ...plain, ...more });
const ANY4 = new Uint8Array(4);

describe("routes", () => {
  test("lead through the interface whose network has the address, with that interface's address", () => {
    const { net, b } = makeRouter({ mtu: 1400 });
    expect(net.routeOutput(ip4("10.1.0.2"))).toEqual({
      device: b,
      nexthop: ip4("10.1.0.2"),
      mtu: 1400,
      source: ip4("10.1.0.254"),
    });
    expect(net.routeOutput(ip6("fd01::2"))?.source).toEqual(ip6("fd01::254"));
    expect(net.routeOutput(ip4("192.0.2.1"))).toBeNull();
  });

  test("the longest prefix wins, of two equals the later one; a gateway is the next hop", () => {
    const { net, a, b } = makeRouter();
    net.addRoute({ address: ANY4, bits: 0 }, a, ip4("10.0.0.7"));
    net.addRoute({ address: ip4("192.0.2.0"), bits: 24 }, a);
    net.addRoute({ address: ip4("192.0.2.0"), bits: 24 }, b, ip4("10.1.0.9"));
    expect(net.routeOutput(ip4("192.0.2.1"))?.nexthop).toEqual(ip4("10.1.0.9"));
    expect(net.routeOutput(ip4("198.51.100.1"))?.nexthop).toEqual(ip4("10.0.0.7"));
  });

  test("over a device that is no interface lead nowhere", () => {
    const net = new Netns();
    net.addRoute({ address: ANY4, bits: 0 }, portOf("stranger"));
    expect(net.routeOutput(ip4("10.0.0.1"))).toBeNull();
  });

  test("to ourselves need a loopback device, and come from the address itself", () => {
    const { net } = makeRouter();
    expect(net.routeOutput(ip4("10.1.0.254"))).toBeNull();
    const lo = portOf("lo");
    net.addInterface(lo, { isLoopback: true });
    expect(net.routeOutput(ip4("10.1.0.254"))).toMatchObject({ device: lo, source: ip4("10.1.0.254") });
  });
});

describe("a packet that came in is", () => {
  const router = makeRouter();
  router.net.joinGroup(router.a, ip4("239.1.2.3"));
  test.each([
    ["for us", ip4("10.0.0.254"), "local"],
    ["for us by another interface's address", ip6("fd01::254"), "local"],
    ["for all", ip4("255.255.255.255"), "broadcast"],
    ["for all of one network", ip4("10.1.0.255"), "broadcast"],
    ["for a group that we joined", ip4("239.1.2.3"), "multicast"],
    ["for a group that we did not join", ip6("ff12::1"), "none"],
    ["for somebody else", ip4("10.1.0.2"), "forward"],
    ["for nobody", ip4("192.0.2.1"), "none"],
  ])("%s", (_name, daddr, kind) => {
    expect(router.net.routeInput(router.a, daddr).kind).toBe(kind);
  });

  test("for nobody where forwarding is off, and for no group on another device", () => {
    const { net, b } = makeRouter({ ipv4Forwarding: false });
    expect(net.routeInput(b, ip4("10.0.0.1")).kind).toBe("none");
    expect(router.net.routeInput(router.b, ip4("239.1.2.3")).kind).toBe("none");
  });
});

describe("neighbours", () => {
  test("are those that were given, and groups by their address", () => {
    const { net } = makeRouter();
    expect(net.neighbour(SENDER.ipv4)).toEqual(mac(1));
    expect(net.neighbour(ip4("10.0.0.9"))).toBeUndefined();
    expect(net.neighbour(ip4("239.129.2.3"))).toEqual(Uint8Array.of(1, 0, 0x5e, 1, 2, 3));
    expect(net.neighbour(ip6("ff12::1234"))).toEqual(Uint8Array.of(0x33, 0x33, 0, 0, 0x12, 0x34));
  });
});

describe("UDP sockets", () => {
  const tuple = { saddr: SENDER.ipv4, daddr: ip4("10.0.0.254"), source: 1, dest: 2000 };

  test("bound to the address come before those bound to any", () => {
    const net = new Netns();
    const [any, exact, other] = [socket(), socket(), socket()];
    net.bindUdp(any, ANY4, 2000);
    net.bindUdp(exact, ip4("10.0.0.254"), 2000);
    net.bindUdp(other, new Uint8Array(16), 2000);
    expect(net.udpLookup(tuple)).toBe(exact);
    expect(net.udpLookup({ ...tuple, daddr: ip4("10.0.0.9") })).toBe(any);
    expect(net.udpLookup({ ...tuple, dest: 2001 })).toBeNull();
  });

  test("hear a group on its port, bound to it or to any address of the family", () => {
    const { net, a } = makeRouter();
    const group = ip4("239.1.2.3");
    const [bound, any, otherGroup] = [socket(), socket(), socket()];
    net.bindUdp(bound, group, 2000, [group]);
    net.bindUdp(any, ANY4, 2000);
    net.bindUdp(otherGroup, ip4("239.1.2.4"), 2000);
    expect(net.udpListeners(group, 2000)).toEqual([bound, any]);
    expect(net.udpListeners(group, 2001)).toEqual([]);
    expect(net.listensTo(a, group)).toBe(true);
  });

  test("make receive offload look them up once one wants aggregates or encapsulates", () => {
    const withSocket = (options: Partial<UdpSockOptions>): boolean => {
      const net = new Netns();
      net.bindUdp(socket(options), ANY4, 1);
      return net.udpEncapNeeded;
    };
    expect(withSocket({})).toBe(false);
    expect(withSocket({ acceptsL4: true })).toBe(true);
    expect(withSocket({ encapRcv: () => 0 })).toBe(true);
    expect(socket({ acceptsL4: true, acceptsFraglist: true }).groEnabled).toBe(false);
  });
});

test("an established connection is known by all four of its parts", () => {
  const net = new Netns();
  const tuple = { saddr: ip4("10.0.0.1"), daddr: ip4("10.0.0.2"), source: 1, dest: 2 };
  net.addTcpEstablished(tuple);
  expect(net.tcpEstablished({ ...tuple, saddr: ip4("10.0.0.1") })).toBe(true);
  expect(net.tcpEstablished({ ...tuple, daddr: ip4("10.0.0.3") })).toBe(false);
  expect(net.tcpEstablished({ ...tuple, source: 3 })).toBe(false);
});

test("identifications count up by the segments of a packet, and wrap", () => {
  const net = new Netns();
  expect([net.selectIpv4Id(1), net.selectIpv4Id(5), net.selectIpv4Id(0), net.selectIpv4Id(65_530)]).toEqual([
    1, 2, 7, 8,
  ]);
  expect(net.selectIpv4Id(1)).toBe(2);
});

test("an interface has the address of its device unless another is given", () => {
  const net = new Netns();
  const device = netDevice("eth", 0, { address: mac(9), startXmit: kfreeSkb });
  expect(net.addInterface(device).address).toEqual(mac(9));
  expect(net.interfaceOf(device)?.address).toEqual(mac(9));
  expect(net.addInterface(portOf("other"), { address: mac(8) }).address).toEqual(mac(8));
  expect(net.addInterface(portOf("none")).address).toEqual(new Uint8Array(6));
  expect(net.interfaceOf(null)).toBeUndefined();
});
