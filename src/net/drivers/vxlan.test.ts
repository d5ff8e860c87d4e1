import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_MASK, SKB_GSO_UDP_L4, SKB_GSO_UDP_TUNNEL_CSUM } from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import { getU16 } from "../../bytes/view.js";
import { kfreeSkb } from "../../skb/free.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { alive, clonesOf, failAllocations, flatten, NOTHING_ALIVE } from "../../skb/testing/make.js";
import { ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { emitIpv4 } from "../../wire/ipv4.js";
import { emitIpv6 } from "../../wire/ipv6.js";
import { devQueueXmit } from "../core/dev.js";
import { type NetDevice, netDevice } from "../core/NetDevice.js";
import { Netns } from "../core/Netns.js";
import {
  DATA,
  ethernet,
  fixedKernel,
  ipv4,
  ipv6,
  type Layer,
  nestedSkb,
  onTheWire,
  packet,
  slowSum,
  udp,
} from "../testing/nestedPackets.js";
import { VXLAN_FEATURES, vxlanDevice } from "./vxlan.js";

const LOCAL = { 4: Uint8Array.of(192, 0, 2, 1), 6: new Uint8Array(16).with(0, 0xfd).with(15, 1) };
const REMOTE = { 4: Uint8Array.of(192, 0, 2, 2), 6: new Uint8Array(16).with(0, 0xfd).with(15, 2) };
const [MAC, REMOTE_MAC] = [new Uint8Array(6).fill(2), new Uint8Array(6).fill(4)];

interface Tunnel {
  readonly vx0: NetDevice;
  readonly net: Netns;
  readonly sent: SkBuff[];
}

/** A VXLAN device over a device that can do `features`. */
function tunnelOver(outer: 4 | 6, udpCsum = false, features = 0): Tunnel {
  const sent: SkBuff[] = [];
  const net = new Netns();
  const lower = netDevice("B", features, {
    net,
    mtu: 1600,
    hwEncFeatures: features,
    startXmit: (skb) => sent.push(skb),
  });
  const networks = { ipv4: [{ address: LOCAL[4], bits: 24 }], ipv6: [{ address: LOCAL[6], bits: 64 }] };
  net.addInterface(lower, { address: MAC, ...networks });
  net.addNeighbour(REMOTE[4], REMOTE_MAC);
  net.addNeighbour(REMOTE[6], REMOTE_MAC);
  const config = {
    vni: 42,
    local: LOCAL[outer],
    remote: REMOTE[outer],
    dstPort: 4789,
    srcPort: 50_000,
    ttl: 64,
    udpCsum,
  };
  return { vx0: vxlanDevice(fixedKernel, net, "vx0", config), net, sent };
}

const INNER = { ipv4: [ethernet(ETH_P_IP), ipv4(17, "pseudo"), udp(1000, 2000)] } as const;

/** An inner frame whose UDP checksum is partial; with a `gsoSize` one to be segmented. */
function innerSkb(layers: readonly Layer[] = INNER.ipv4, network = 14, transport = 34, gsoSize = 0): SkBuff {
  const gso = { gsoSize, gsoType: gsoSize > 0 ? SKB_GSO_UDP_L4 : 0 };
  const layout = { network, transport, csum: [transport, 6], encapsulation: false } as const;
  const skb = nestedSkb(packet(layers, DATA), layout, gso);
  skb.macLen = 14;
  return skb;
}

/** What must be in front of an inner frame: link, IP, UDP and VXLAN headers; the checksum of UDP apart. */
function outerHeaders(outer: 4 | 6, inside: number, tos: number, id: number): Uint8Array {
  const length = inside + 16;
  const [saddr, daddr] = [LOCAL[outer], REMOTE[outer]];
  const network = new Uint8Array(outer === 4 ? 20 : 40);
  if (outer === 4) {
    const options = new Uint8Array();
    emitIpv4(network, 0, { tos, totLen: 20 + length, id, fragOff: 0, ttl: 64, protocol: 17, saddr, daddr, options });
  } else {
    emitIpv6(network, 0, {
      trafficClass: tos,
      flowLabel: 0,
      payloadLen: length,
      nexthdr: 17,
      hopLimit: 64,
      saddr,
      daddr,
    });
  }
  const proto = outer === 4 ? [0x08, 0x00] : [0x86, 0xdd];
  const transport = Uint8Array.of(0xc3, 0x50, 0x12, 0xb5, length >>> 8, length & 0xff, 0, 0);
  return concat([REMOTE_MAC, MAC, Uint8Array.from(proto), network, transport, Uint8Array.of(8, 0, 0, 0, 0, 0, 42, 0)]);
}

/** The bytes without the outer UDP checksum, and that checksum. */
function apart(bytes: Uint8Array, outer: 4 | 6): { readonly rest: Uint8Array; readonly check: number } {
  const at = 14 + (outer === 4 ? 20 : 40) + 6;
  return { rest: bytes.with(at, 0).with(at + 1, 0), check: getU16(bytes, at) };
}

/** 0 when the outer UDP checksum is right. */
function outerSum(bytes: Uint8Array, outer: 4 | 6): number {
  const datagram = bytes.subarray(14 + (outer === 4 ? 20 : 40));
  return 0xffff - slowSum(datagram, slowSum(concat([LOCAL[outer], REMOTE[outer]]), 17 + datagram.length));
}

describe("vxlan_xmit_one", () => {
  test.each([4, 6] as const)(
    "over IPv%s: link, IP, UDP and VXLAN headers in front, the inner checksum finished",
    (outer) => {
      const { vx0, sent } = tunnelOver(outer);
      const skb = innerSkb();
      const inside = onTheWire(skb);
      expect(devQueueXmit(fixedKernel, skb, vx0)).toBe("");
      expect(sent).toHaveLength(1);
      const { rest, check } = apart(flatten(sent[0] as SkBuff), outer);
      expect(rest).toEqual(concat([outerHeaders(outer, inside.length, 1, 1), inside]));
      expect(check).toBe(0);
    },
  );

  test.each([4, 6] as const)("over IPv%s with a checksum: it is right", (outer) => {
    const { vx0, sent } = tunnelOver(outer, true);
    devQueueXmit(fixedKernel, innerSkb(), vx0);
    const bytes = flatten(sent[0] as SkBuff);
    expect(apart(bytes, outer).check).not.toBe(0);
    expect(outerSum(bytes, outer)).toBe(0);
  });

  test("a GSO packet goes down whole, and each segment gets headers of its own", () => {
    const { vx0, sent } = tunnelOver(4, true);
    devQueueXmit(fixedKernel, innerSkb(INNER.ipv4, 14, 34, 100), vx0);
    expect(sent).toHaveLength(3);
    sent.forEach((seg, i) => {
      const bytes = flatten(seg);
      const inside = bytes.subarray(50);
      expect(apart(bytes, 4).rest.subarray(0, 50)).toEqual(outerHeaders(4, inside.length, 1, 1 + i));
      expect(outerSum(bytes, 4)).toBe(0);
      expect(inside.subarray(42)).toEqual(DATA.slice(100 * i, 100 * i + 100));
    });
  });

  test("a device that takes tunnels gets it whole, typed as one", () => {
    const { vx0, sent } = tunnelOver(4, true, VXLAN_FEATURES | NETIF_F_GSO_MASK);
    devQueueXmit(fixedKernel, innerSkb(INNER.ipv4, 14, 34, 100), vx0);
    expect(sent.map(({ shinfo }) => shinfo.gsoType)).toEqual([SKB_GSO_UDP_L4 | SKB_GSO_UDP_TUNNEL_CSUM]);
  });

  test.each([
    ["the mark of an IPv4 packet shows outside", [ethernet(ETH_P_IP), ipv4(17, "pseudo"), udp(1, 2)], 14, 34, 0, 1],
    ["that of an IPv6 packet too", [ethernet(ETH_P_IPV6), ipv6(17, "pseudo"), udp(1, 2)], 14, 54, 0, 2],
    ["congestion experienced is not doubled", INNER.ipv4, 14, 34, 3, 2],
  ] as const)("%s", (_, layers, network, transport, tos, expected) => {
    const { vx0, sent } = tunnelOver(4);
    const skb = innerSkb(layers, network, transport);
    if (tos !== 0) skb.mem.arena.bytes[skb.head.base + skb.networkHeader + 1] = tos;
    devQueueXmit(fixedKernel, skb, vx0);
    expect(flatten(sent[0] as SkBuff)[15]).toBe(expected);
  });

  test("a frame that is not IP has no mark", () => {
    const { vx0, sent } = tunnelOver(4);
    const skb = nestedSkb(
      packet([ethernet(0x88b5)], DATA),
      { network: 14, encapsulation: false },
      { gsoSize: 0, gsoType: 0 },
    );
    devQueueXmit(fixedKernel, skb, vx0);
    expect(flatten(sent[0] as SkBuff)[15]).toBe(0);
  });

  test("a tag goes into the frame, and the mark behind it is still found", () => {
    const { vx0, sent } = tunnelOver(4);
    const skb = innerSkb();
    skb.vlanProto = ETH_P_8021Q;
    skb.vlanTci = 5;
    devQueueXmit(fixedKernel, skb, vx0);
    const bytes = flatten(sent[0] as SkBuff);
    expect([getU16(bytes, 50 + 12), getU16(bytes, 50 + 14), bytes[15]]).toEqual([ETH_P_8021Q, 5, 1]);
  });

  test("without memory for the headers the packet is gone", () => {
    const { vx0, sent } = tunnelOver(4);
    const skb = innerSkb();
    const [clone] = clonesOf(skb, 1) as [SkBuff];
    failAllocations(skb.mem, 1);
    devQueueXmit(fixedKernel, clone, vx0);
    expect(sent).toEqual([]);
    kfreeSkb(skb);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a remote that nobody routes to gets nothing", () => {
    const { net, sent } = tunnelOver(4);
    const far = {
      vni: 1,
      local: LOCAL[4],
      remote: Uint8Array.of(198, 51, 100, 1),
      dstPort: 1,
      srcPort: 2,
      ttl: 3,
      udpCsum: true,
    };
    const skb = innerSkb();
    devQueueXmit(fixedKernel, skb, vxlanDevice(fixedKernel, net, "vx1", far));
    expect(sent).toEqual([]);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });
});
