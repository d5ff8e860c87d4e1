import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NETIF_F_CSUM_MASK,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_GSO_UDP_TUNNEL,
  NETIF_F_GSO_UDP_TUNNEL_CSUM,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SCTP_CRC,
  NETIF_F_SG,
  SKB_GSO_IPXIP4,
  SKB_GSO_PARTIAL,
  SKB_GSO_TCPV6,
  SKB_GSO_TUNNEL_REMCSUM,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import { getU16 } from "../../bytes/view.js";
import { putBytes, readU16 } from "../../skb/bytes.js";
import { EINVAL, ENOMEM, EPROTONOSUPPORT } from "../../skb/errno.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbPullInner } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { alive, failAllocations, faultOf, flatten, NOTHING_ALIVE } from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6, ETH_P_TEB } from "../../wire/ethernet.js";
import { skbGsoSegment } from "../core/gso.js";
import type { NetKernel } from "../NetKernel.js";
import {
  DATA,
  deviceOf,
  ethernet,
  etherTypeOf,
  expectedFrames,
  fixedKernel,
  headersOf,
  ipv4,
  ipv6,
  type Layer,
  nestedSkb,
  onTheWire,
  packet,
  pieces,
  type Sum,
  segmentsOf,
  slowSum,
  type TestDevice,
  tcp,
  udp,
  vxlan,
} from "../testing/nestedPackets.js";
import { skbUdpTunnelSegment } from "./udpTunnel.js";

type Family = "ipv4" | "ipv6";
const SIZE = 100;
const SOFTWARE = NETIF_F_SG;
const BOTH = NETIF_F_SG | NETIF_F_HW_CSUM;

const ip = (family: Family, protocol: number, sum: Sum, id?: number): Layer =>
  family === "ipv4" ? ipv4(protocol, sum, id) : ipv6(protocol, sum);

/** VXLAN with an IPv4 datagram in the inner frame. */
const layersOf = (family: Family, outer: Sum, inner: Sum): Layer[] => [
  ethernet(etherTypeOf(family)),
  ip(family, 17, outer, 7),
  udp(50000, 4789),
  vxlan,
  ethernet(ETH_P_IP),
  ipv4(17, inner),
  udp(1000, 2000),
];

interface Tunnel {
  readonly family?: Family;
  readonly checksum?: boolean;
  readonly type?: number;
  readonly device?: TestDevice;
  readonly paged?: number;
}

function tunnelSkb({ family = "ipv4", checksum = false, type = 0, device = {}, paged = 0 }: Tunnel): SkBuff {
  const transport = 14 + (family === "ipv4" ? 20 : 40);
  const innerMac = transport + 16;
  const frame = packet(layersOf(family, checksum ? "pseudo" : "none", "pseudo"), DATA);
  const gsoType = SKB_GSO_UDP_L4 | (checksum ? SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL) | type;
  const inner = { innerMac, innerNetwork: innerMac + 14, innerTransport: innerMac + 34, innerProtocol: ETH_P_TEB };
  const layout = { network: 14, transport, ...inner, csum: [innerMac + 34, 6] as const };
  return nestedSkb(frame, layout, { gsoSize: SIZE, gsoType }, deviceOf(device), paged);
}

describe.each<Family>(["ipv4", "ipv6"])("a frame in VXLAN over %s", (family) => {
  const own = family === "ipv4" ? NETIF_F_IP_CSUM : NETIF_F_IPV6_CSUM;
  const other = family === "ipv4" ? NETIF_F_IPV6_CSUM : NETIF_F_IP_CSUM;
  test.each<[string, boolean, TestDevice, number, number, boolean, number]>([
    ["nothing for a device to sum", false, {}, SOFTWARE, CHECKSUM_NONE, false, 0],
    ["the inner checksum left", false, { hwEncFeatures: BOTH }, BOTH, CHECKSUM_PARTIAL, true, 1],
    ["the outer sum, in software", true, {}, SOFTWARE, CHECKSUM_NONE, false, 0],
    ["the outer checksum left", true, { features: BOTH }, BOTH, CHECKSUM_PARTIAL, false, 2],
    ["the outer left to its family's engine", true, { features: SOFTWARE | own }, SOFTWARE, CHECKSUM_PARTIAL, false, 2],
    ["no engine for the family", true, { features: SOFTWARE | other }, SOFTWARE, CHECKSUM_NONE, false, 0],
    ["the outer from the inner one", true, { features: BOTH, hwEncFeatures: BOTH }, BOTH, CHECKSUM_PARTIAL, true, 1],
  ])("%s: the packets that the sender would have sent", (_name, checksum, device, features, summed, encap, left) => {
    const skb = tunnelSkb({ family, checksum, device });
    const segs = segmentsOf(skb, features);
    const expected = expectedFrames(layersOf(family, checksum ? "complete" : "none", "complete"), SIZE);
    expect(segs.map(onTheWire)).toEqual(expected);
    expect(segs.map((seg) => seg.ipSummed)).toEqual([summed, summed, summed]);
    expect(segs.map((seg) => seg.encapsulation)).toEqual([encap, encap, encap]);
    const uh = family === "ipv4" ? 34 : 54;
    const start = [0, uh + 50, uh][left] as number;
    if (left > 0) expect(segs.map((seg) => seg.csumStart - seg.data)).toEqual([start, start, start]);
  });

  test("each segment's outer headers are where the packet had them, the inner ones where a checksum is left", () => {
    const skb = tunnelSkb({ family, device: { hwEncFeatures: BOTH } });
    const uh = family === "ipv4" ? 34 : 54;
    for (const seg of segmentsOf(skb, BOTH)) {
      const outer = { mac: 0, network: 14, macLen: 14, protocol: etherTypeOf(family), encapsulation: true };
      expect(headersOf(seg)).toEqual(outer);
      const inner = [seg.innerMacHeader, seg.innerNetworkHeader, seg.innerTransportHeader];
      expect([seg.transportHeader, ...inner].map((at) => at - seg.data)).toEqual([uh, uh + 16, uh + 30, uh + 50]);
    }
  });

  test("paged payload is shared and summed all the same", () => {
    const segs = segmentsOf(tunnelSkb({ family, checksum: true, paged: 200 }), SOFTWARE);
    expect(segs.map(flatten)).toEqual(expectedFrames(layersOf(family, "complete", "complete"), SIZE));
    expect(segs.map((seg) => seg.isNonlinear)).toEqual([true, true, true]);
  });

  test("remote checksums: the inner one stays as it is, the outer one sums over that", () => {
    for (const [device, summed] of [
      [{}, CHECKSUM_NONE],
      [{ features: BOTH }, CHECKSUM_PARTIAL],
    ] as const) {
      const skb = tunnelSkb({ family, checksum: true, type: SKB_GSO_TUNNEL_REMCSUM, device });
      const segs = segmentsOf(skb, SOFTWARE);
      expect(segs.map(onTheWire)).toEqual(expectedFrames(layersOf(family, "complete", "pseudo"), SIZE));
      expect(segs.map((seg) => [seg.ipSummed, seg.encapsulation])).toEqual(Array(3).fill([summed, false]));
    }
  });

  test("remote checksums without an outer one: nobody sums", () => {
    const segs = segmentsOf(tunnelSkb({ family, type: SKB_GSO_TUNNEL_REMCSUM }), SOFTWARE);
    expect(segs.map(flatten)).toEqual(expectedFrames(layersOf(family, "none", "pseudo"), SIZE));
    expect(segs.map((seg) => seg.ipSummed)).toEqual([CHECKSUM_NONE, CHECKSUM_NONE, CHECKSUM_NONE]);
  });

  test("the device takes it whole: every header is where it was", () => {
    const whole = NETIF_F_GSO_UDP_L4 | NETIF_F_GSO_UDP_TUNNEL | BOTH;
    const skb = tunnelSkb({ family, device: { features: whole, hwEncFeatures: whole } });
    const before = [skb.transportHeader, skb.innerMacHeader, skb.innerNetworkHeader, skb.innerTransportHeader];
    const bytes = flatten(skb);
    expect(skbGsoSegment(fixedKernel, skb, whole)).toBeNull();
    expect(headersOf(skb)).toEqual({
      mac: 0,
      network: 14,
      macLen: 14,
      protocol: etherTypeOf(family),
      encapsulation: true,
    });
    const after = [skb.transportHeader, skb.innerMacHeader, skb.innerNetworkHeader, skb.innerTransportHeader];
    expect(after).toEqual(before);
    expect([flatten(skb), skb.shinfo.gsoSegs]).toEqual([bytes, 3]);
  });

  test("a device that cuts on and repeats the headers sends right checksums", () => {
    const partial = NETIF_F_GSO_PARTIAL | NETIF_F_GSO_UDP_L4 | BOTH;
    const features = partial | NETIF_F_GSO_UDP_TUNNEL_CSUM;
    const skb = tunnelSkb({
      family,
      checksum: true,
      device: { features, hwEncFeatures: partial, gsoPartialFeatures: NETIF_F_GSO_UDP_TUNNEL_CSUM },
    });
    const [first, last] = segmentsOf(skb, partial) as [SkBuff, SkBuff];
    expect([first.shinfo.gsoSize, first.shinfo.gsoSegs, last.shinfo.gsoSize]).toEqual([SIZE, 2, 0]);
    expect(first.shinfo.gsoType & SKB_GSO_PARTIAL).toBe(SKB_GSO_PARTIAL);
    const expected = expectedFrames(layersOf(family, "complete", "complete"), SIZE);
    expect(onTheWire(last)).toEqual(expected[2]);

    // Its headers are those of the first piece but for the inner UDP header, which devices write anew.
    const uh = family === "ipv4" ? 34 : 54;
    const headers = flatten(first).slice(0, uh + 58);
    const innerUdp = headers.subarray(uh + 50);
    expect(getU16(innerUdp, 4)).toBe(8 + 2 * SIZE);
    const wanted = expected[0]!;
    innerUdp.set(wanted.subarray(uh + 50, uh + 58));
    expect(concat([headers, pieces(SIZE)[0]!])).toEqual(wanted);
  });
});

test("a packet that is still partial has its outer checksum adjusted from the length in its header", () => {
  // The header speaks of one piece, as a device finds it; the sum has to be corrected by that length.
  const skb = tunnelSkb({ checksum: true, type: SKB_GSO_PARTIAL });
  const one = packet(layersOf("ipv4", "pseudo", "pseudo"), pieces(SIZE)[0]!);
  putBytes(skb, skb.data + 34 + 4, one.slice(38, 42));
  expect(segmentsOf(skb, SOFTWARE).map(flatten)).toEqual(
    expectedFrames(layersOf("ipv4", "complete", "complete"), SIZE),
  );
});

test("an outer checksum that comes to 0 is stored as 0xffff", () => {
  const layers = layersOf("ipv4", "complete", "complete");
  const check = getU16(packet(layers, DATA.slice(0, SIZE)), 40);
  const skb = tunnelSkb({ checksum: true });
  // One word of the VXLAN header more by just that much takes the complement to 0.
  const word = slowSum(Uint8Array.of(check >>> 8, check & 0xff), readU16(skb, skb.data + 46));
  putBytes(skb, skb.data + 46, Uint8Array.of(word >>> 8, word & 0xff));
  const [first] = segmentsOf(skb, SOFTWARE) as [SkBuff];
  expect(readU16(first, first.data + 40)).toBe(0xffff);
  const frame = flatten(first);
  expect(slowSum(frame.subarray(34), slowSum(frame.subarray(26, 34), 17 + frame.length - 34))).toBe(0xffff);
});

test("TCP over IPv6 in the inner frame", () => {
  const layers = (outer: Sum, inner: Sum): Layer[] => [
    ethernet(ETH_P_IPV6),
    ipv6(17, outer),
    udp(1, 4789),
    vxlan,
    ethernet(ETH_P_IPV6),
    ipv6(6, inner),
    tcp(SIZE),
  ];
  const inner = { innerMac: 70, innerNetwork: 84, innerTransport: 124, innerProtocol: ETH_P_TEB };
  const skb = nestedSkb(
    packet(layers("pseudo", "pseudo"), DATA),
    { network: 14, transport: 54, ...inner, csum: [124, 16] },
    { gsoSize: SIZE, gsoType: SKB_GSO_TCPV6 | SKB_GSO_UDP_TUNNEL_CSUM },
  );
  expect(segmentsOf(skb, SOFTWARE).map(flatten)).toEqual(expectedFrames(layers("complete", "complete"), SIZE));
});

test("IP fragments inside a tunnel: the fragment header moves the outer headers too, and each is summed", () => {
  const layers = [
    ethernet(ETH_P_IP),
    ipv4(17, "pseudo"),
    udp(1, 4789),
    vxlan,
    ethernet(ETH_P_IPV6),
    ipv6(17, "pseudo"),
  ];
  const inner = { innerMac: 50, innerNetwork: 64, innerTransport: 104, innerProtocol: ETH_P_TEB };
  const skb = nestedSkb(
    packet([...layers, udp(3, 4)], DATA),
    { network: 14, transport: 34, ...inner, csum: [104, 6] },
    { gsoSize: 96, gsoType: SKB_GSO_UDP | SKB_GSO_UDP_TUNNEL_CSUM },
  );
  const frames = segmentsOf(skb, SOFTWARE).map(flatten);
  expect(frames.map((frame) => frame.length - 112)).toEqual([96, 96, 66]);
  expect(concat(frames.map((frame) => frame.slice(112))).slice(8)).toEqual(DATA);
  for (const frame of frames) {
    expect(frame.slice(42, 64)).toEqual(packet([...layers, udp(3, 4)], DATA).slice(42, 64));
    expect(getU16(frame, 38)).toBe(frame.length - 34);
    expect(slowSum(frame.subarray(34), slowSum(frame.subarray(26, 34), 17 + frame.length - 34))).toBe(0xffff);
  }
});

describe("an IP protocol directly behind the tunnel's header", () => {
  const layers = (inner: Sum): Layer[] => [
    ethernet(ETH_P_IP),
    ipv4(17),
    udp(1, 5555),
    ipv4(4, "none", 50),
    ipv4(17, inner),
    udp(3, 4),
  ];
  const make = (innerProtocol: number): SkBuff =>
    nestedSkb(
      packet(layers("pseudo"), DATA),
      {
        ...{ network: 14, transport: 34, innerMac: 42, innerNetwork: 62, innerTransport: 82 },
        ...{ csum: [82, 6], innerProtocol, innerProtocolIsIp: true },
      },
      { gsoSize: SIZE, gsoType: SKB_GSO_UDP_L4 | SKB_GSO_UDP_TUNNEL | SKB_GSO_IPXIP4 },
    );

  test("goes to that protocol's handler, under the protocol of the outer packet", () => {
    let seen: unknown;
    const inet = new Map(fixedKernel.offloads.inet).set(4, (_k, skb, features) => {
      seen = [skb.data - skb.macHeader, skb.protocol, skb.networkHeader - skb.data, skb.macLen, features];
      return -7;
    });
    const k: NetKernel = { ...fixedKernel, offloads: { ...fixedKernel.offloads, inet } };
    expect(skbGsoSegment(k, make(4), BOTH)).toBe(-7);
    expect(seen).toEqual([0, ETH_P_IP, 20, 20, SOFTWARE]);
  });

  test("without a handler: -EINVAL, and nothing has moved", () => {
    const skb = make(99);
    expect(skbGsoSegment(fixedKernel, skb, SOFTWARE)).toBe(-EINVAL);
    expect(skb.encapsulation).toBe(true);
    expect(skb.networkHeader - skb.data).toBe(14);
  });
});

describe("what goes wrong", () => {
  test("a packet that is not all there: -EINVAL", () => {
    const skb = tunnelSkb({});
    skb.innerMacHeader = skb.data + skb.len + 1;
    expect(skbGsoSegment(fixedKernel, skb, SOFTWARE)).toBe(-EINVAL);
  });

  test("a tunnel header of negative length: -EINVAL", () => {
    const skb = tunnelSkb({});
    skb.innerMacHeader = skb.data;
    expect(skbGsoSegment(fixedKernel, skb, SOFTWARE)).toBe(-EINVAL);
  });

  test("an error inside: the outer packet is as it was", () => {
    const skb = tunnelSkb({ checksum: true });
    putBytes(skb, skb.data + 64, Uint8Array.of(0x41));
    const bytes = flatten(skb);
    expect(skbGsoSegment(fixedKernel, skb, SOFTWARE)).toBe(-EINVAL);
    const same = { mac: 0, network: 14, macLen: 14, protocol: ETH_P_IP, encapsulation: true };
    expect(headersOf(skb)).toEqual(same);
    expect([skb.transportHeader - skb.data, flatten(skb)]).toEqual([34, bytes]);
  });

  test("an inner protocol without a handler: -EPROTONOSUPPORT", () => {
    const skb = tunnelSkb({});
    putBytes(skb, skb.data + 62, Uint8Array.of(0x08, 0x06));
    expect(skbGsoSegment(fixedKernel, skb, SOFTWARE)).toBe(-EPROTONOSUPPORT);
  });

  test("any one allocation that fails: -ENOMEM, headers restored, nothing left over", () => {
    for (let nth = 1; nth <= 3; nth++) {
      const skb = tunnelSkb({ checksum: true });
      failAllocations(skb.mem, nth);
      expect(skbGsoSegment(fixedKernel, skb, SOFTWARE)).toBe(-ENOMEM);
      expect(headersOf(skb).network).toBe(14);
      kfreeSkb(skb);
      expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
    }
  });

  test("no device: the kernel follows a NULL pointer", () => {
    const skb = tunnelSkb({});
    skb.dev = null;
    expect(faultOf(() => skbGsoSegment(fixedKernel, skb, SOFTWARE))).toBe("NULLDEREF(tunnel-device)");
  });
});

describe("which packets are tunnels, and which features count inside", () => {
  test("a tunnel's type without encapsulation: the outer datagram is cut", () => {
    const skb = tunnelSkb({});
    skb.encapsulation = false;
    skb.csumStart = skb.data + 34;
    const segs = segmentsOf(skb, SOFTWARE);
    expect(segs.map((seg) => seg.len - 42)).toEqual([100, 100, 100]);
  });

  test.each<[string, number, number, number]>([
    ["only what the device does for encapsulated packets", 0, BOTH | NETIF_F_GSO_UDP_L4, BOTH],
    ["no SCTP CRC under an outer checksum", SKB_GSO_UDP_TUNNEL_CSUM, BOTH | NETIF_F_SCTP_CRC, BOTH],
    ["remote checksums stand for an engine", SKB_GSO_TUNNEL_REMCSUM, SOFTWARE, BOTH],
    ["but not where the outer one is summed here", SKB_GSO_TUNNEL_REMCSUM | SKB_GSO_UDP_TUNNEL_CSUM, BOTH, SOFTWARE],
  ])("%s", (_name, type, features, expected) => {
    let seen = 0;
    const packetTable = new Map(fixedKernel.offloads.packet).set(ETH_P_IP, (_k, _skb, given) => {
      seen = given;
      return null;
    });
    const k: NetKernel = { ...fixedKernel, offloads: { ...fixedKernel.offloads, packet: packetTable } };
    const skb = tunnelSkb({ type, device: { hwEncFeatures: BOTH | NETIF_F_SCTP_CRC } });
    skb.macHeader = skb.data;
    skb.macLen = 14;
    skbPullInner(skb, 34);
    expect(skbUdpTunnelSegment(k, skb, features, false)).toBeNull();
    expect(seen & (NETIF_F_CSUM_MASK | NETIF_F_SG | NETIF_F_SCTP_CRC | NETIF_F_GSO_UDP_L4)).toBe(expected);
  });
});
