import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  GSO_BY_FRAGS,
  NETIF_F_GSO_GRE,
  NETIF_F_GSO_GRE_CSUM,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_SCTP_CRC,
  NETIF_F_SG,
  SKB_GSO_GRE,
  SKB_GSO_GRE_CSUM,
  SKB_GSO_PARTIAL,
  SKB_GSO_SCTP,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import { fromHex } from "../../bytes/hexdump.js";
import { getU16, getU32 } from "../../bytes/view.js";
import { putBytes } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { flatten, makeMemory, makeSkb } from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6, ETH_P_TEB } from "../../wire/ethernet.js";
import type { GreHeader } from "../../wire/gre.js";
import { skbGsoSegment } from "../core/gso.js";
import type { NetKernel } from "../NetKernel.js";
import {
  DATA,
  deviceOf,
  ethernet,
  expectedFrames,
  fixedKernel,
  gre,
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
  udp,
} from "../testing/nestedPackets.js";

const GRE = 47;
const SIZE = 100;
const SOFTWARE = NETIF_F_SG;
const BOTH = NETIF_F_SG | NETIF_F_HW_CSUM;

interface Tunnel {
  readonly header?: Partial<GreHeader>;
  /** A frame rather than an IP packet is inside. */
  readonly frame?: boolean;
  readonly overIpv6?: boolean;
  readonly device?: TestDevice;
}

const layersOf = ({ header = {}, frame = false, overIpv6 = false }: Tunnel, outer: Sum, inner: Sum): Layer[] => [
  ethernet(overIpv6 ? ETH_P_IPV6 : ETH_P_IP),
  overIpv6 ? ipv6(GRE) : ipv4(GRE, "none", 7),
  gre({ proto: frame ? ETH_P_TEB : ETH_P_IP, ...header }, outer),
  ...(frame ? [ethernet(ETH_P_IP)] : []),
  ipv4(17, inner),
  udp(1000, 2000),
];

function greSkb(tunnel: Tunnel, more: { readonly type?: number; readonly innerMac?: number } = {}): SkBuff {
  const { header = {}, frame = false, overIpv6 = false, device = {} } = tunnel;
  const transport = overIpv6 ? 54 : 34;
  const greLen = 4 + 4 * Object.keys(header).length;
  const innerMac = transport + greLen;
  const innerNetwork = innerMac + (frame ? 14 : 0);
  const gsoType = SKB_GSO_UDP_L4 | (header.check === undefined ? SKB_GSO_GRE : SKB_GSO_GRE_CSUM);
  const inner = { innerNetwork, innerTransport: innerNetwork + 20, innerProtocol: frame ? ETH_P_TEB : ETH_P_IP };
  const layout = { network: 14, transport, innerMac: more.innerMac ?? innerMac, ...inner };
  return nestedSkb(
    packet(layersOf(tunnel, "none", "pseudo"), DATA),
    { ...layout, csum: [innerNetwork + 20, 6] },
    { gsoSize: SIZE, gsoType: gsoType | (more.type ?? 0) },
    deviceOf(device),
  );
}

const KEYED = { key: 0x0102_0304 };
const SUMMED = { check: 0 };

describe("gre_gso_segment", () => {
  test.each<[string, Tunnel, number, number, boolean]>([
    ["a bare header", {}, SOFTWARE, CHECKSUM_NONE, false],
    ["a frame inside", { frame: true, header: KEYED }, SOFTWARE, CHECKSUM_NONE, false],
    ["over IPv6", { overIpv6: true, header: KEYED }, SOFTWARE, CHECKSUM_NONE, false],
    ["inner checksum left to the device", { device: { hwEncFeatures: BOTH } }, BOTH, CHECKSUM_PARTIAL, true],
    ["a checksum", { header: SUMMED }, SOFTWARE, CHECKSUM_NONE, false],
    ["checksum and key", { header: { ...SUMMED, ...KEYED } }, SOFTWARE, CHECKSUM_NONE, false],
    [
      "checksum, key, number, a frame",
      { frame: true, header: { ...SUMMED, ...KEYED, sequence: 5 } },
      SOFTWARE,
      0,
      false,
    ],
    ["a checksum over IPv6", { overIpv6: true, header: SUMMED }, SOFTWARE, CHECKSUM_NONE, false],
    ["a checksum left", { header: SUMMED, device: { features: BOTH } }, BOTH, CHECKSUM_PARTIAL, false],
    [
      "a checksum that no family's engine can do",
      { header: SUMMED, device: { features: SOFTWARE | NETIF_F_IP_CSUM } },
      SOFTWARE,
      CHECKSUM_NONE,
      false,
    ],
    [
      "a checksum from the inner one, which is left",
      { header: SUMMED, device: { features: BOTH, hwEncFeatures: BOTH } },
      BOTH,
      CHECKSUM_PARTIAL,
      true,
    ],
  ])("%s: the packets that the sender would have sent", (_name, tunnel, features, summed, encapsulation) => {
    const segs = segmentsOf(greSkb(tunnel), features);
    expect(segs.map(onTheWire)).toEqual(expectedFrames(layersOf(tunnel, "complete", "complete"), SIZE));
    const states = segs.map((seg) => [seg.ipSummed, seg.encapsulation, seg.macLen, seg.protocol]);
    const protocol = tunnel.overIpv6 ? ETH_P_IPV6 : ETH_P_IP;
    expect(states).toEqual(Array(3).fill([summed, encapsulation, 14, protocol]));
  });

  test("what was reserved behind the checksum goes out as 0", () => {
    const skb = greSkb({ header: SUMMED });
    putBytes(skb, skb.data + 38, Uint8Array.of(1, 2, 3, 4));
    const tunnel = { header: SUMMED };
    expect(segmentsOf(skb, SOFTWARE).map(flatten)).toEqual(
      expectedFrames(layersOf(tunnel, "complete", "complete"), SIZE),
    );
  });

  test("a device that cuts on and repeats the headers sends right checksums", () => {
    const tunnel: Tunnel = { header: { ...SUMMED, ...KEYED } };
    const partial = NETIF_F_GSO_PARTIAL | NETIF_F_GSO_UDP_L4 | BOTH;
    const device = {
      features: partial | NETIF_F_GSO_GRE_CSUM,
      hwEncFeatures: partial,
      gsoPartialFeatures: NETIF_F_GSO_GRE_CSUM,
    };
    const [first, last] = segmentsOf(greSkb({ ...tunnel, device }), partial) as [SkBuff, SkBuff];
    expect([first.shinfo.gsoSize, first.shinfo.gsoSegs, last.shinfo.gsoSize]).toEqual([SIZE, 2, 0]);
    expect(first.shinfo.gsoType & SKB_GSO_PARTIAL).toBe(SKB_GSO_PARTIAL);
    const expected = expectedFrames(layersOf(tunnel, "complete", "complete"), SIZE);
    expect(onTheWire(last)).toEqual(expected[2]);
    const headers = flatten(first).slice(0, 74);
    expect(getU16(headers, 70)).toBe(8 + 2 * SIZE);
    headers.set(expected[0]!.subarray(66, 74), 66);
    expect(concat([headers, pieces(SIZE)[0]!])).toEqual(expected[0]);
  });

  test("the device takes it whole: every header is where it was", () => {
    const whole = NETIF_F_GSO_UDP_L4 | NETIF_F_GSO_GRE | BOTH;
    const skb = greSkb({ frame: true, device: { features: whole, hwEncFeatures: whole } });
    const bytes = flatten(skb);
    expect(skbGsoSegment(fixedKernel, skb, whole)).toBeNull();
    expect(headersOf(skb)).toEqual({ mac: 0, network: 14, macLen: 14, protocol: ETH_P_IP, encapsulation: true });
    const rest = [skb.transportHeader, skb.innerMacHeader, skb.innerNetworkHeader].map((at) => at - skb.data);
    expect([rest, flatten(skb)]).toEqual([[34, 38, 52], bytes]);
  });

  test("an error inside: every header is where it was", () => {
    const skb = greSkb({ frame: true });
    putBytes(skb, skb.data + 52, Uint8Array.of(0x41));
    expect(skbGsoSegment(fixedKernel, skb, SOFTWARE)).toBe(-EINVAL);
    expect(headersOf(skb)).toEqual({ mac: 0, network: 14, macLen: 14, protocol: ETH_P_IP, encapsulation: true });
    expect(skb.transportHeader - skb.data).toBe(34);
  });

  test.each<[string, (skb: SkBuff) => void]>([
    ["no tunnel device made it", (skb) => void (skb.encapsulation = false)],
    ["less than a header", (skb) => void (skb.innerMacHeader = skb.data + 37)],
    ["more than there is", (skb) => void (skb.innerMacHeader = skb.data + skb.len + 1)],
  ])("%s: -EINVAL", (_name, spoil) => {
    const skb = greSkb({});
    spoil(skb);
    expect(skbGsoSegment(fixedKernel, skb, SOFTWARE)).toBe(-EINVAL);
  });

  test.each<[string, Partial<GreHeader>, NetKernel, number]>([
    ["without a checksum the device may store a CRC", {}, fixedKernel, NETIF_F_SCTP_CRC],
    ["under a checksum it may not", SUMMED, fixedKernel, 0],
    [
      "under a checksum it may, in a kernel that does not mind",
      SUMMED,
      { ...fixedKernel, greOffload: { featuresUnderChecksum: (features) => features } },
      NETIF_F_SCTP_CRC,
    ],
  ])("%s", (_name, header, kernel, expected) => {
    let seen = 0;
    const inet = new Map(kernel.offloads.inet).set(17, (_k, _skb, features) => {
      seen = features;
      return null;
    });
    const k: NetKernel = { ...kernel, offloads: { ...kernel.offloads, inet } };
    const features = SOFTWARE | NETIF_F_SCTP_CRC;
    expect(skbGsoSegment(k, greSkb({ header, device: { features, hwEncFeatures: features } }), features)).toBeNull();
    expect(seen & NETIF_F_SCTP_CRC).toBe(expected);
  });
});

describe("SCTP inside a GRE header with a checksum", () => {
  const CHUNKS = [40, 60];
  const layers = [ethernet(ETH_P_IP), ipv4(GRE), gre({ proto: ETH_P_IP, ...SUMMED }), ipv4(132)];
  const features = SOFTWARE | NETIF_F_SCTP_CRC;

  /** Ports and tag in the head, one packet's chunks in each member. */
  function sctpSkb(): SkBuff {
    const head = packet([...layers], fromHex("03e807d0aabbccdd00000000"));
    const members = CHUNKS.map((linear) => ({ linear }));
    const skb = makeSkb(makeMemory("identity", 1 << 20), { linear: head.length, members });
    putBytes(skb, skb.data, head);
    skb.protocol = ETH_P_IP;
    skb.networkHeader = skb.data + 14;
    skb.transportHeader = skb.data + 34;
    skb.innerMacHeader = skb.innerNetworkHeader = skb.data + 42;
    skb.innerTransportHeader = skb.data + 62;
    skb.innerProtocol = ETH_P_IP;
    skb.encapsulation = true;
    skb.shinfo.gsoSize = GSO_BY_FRAGS;
    skb.shinfo.gsoType = SKB_GSO_SCTP | SKB_GSO_GRE_CSUM;
    skb.ipSummed = CHECKSUM_PARTIAL;
    skb.csumNotInet = true;
    [skb.csumStart, skb.csumOffset] = [skb.innerTransportHeader, 8];
    skb.dev = deviceOf({ features, hwEncFeatures: features });
    return skb;
  }
  const greSumOf = (seg: SkBuff): number => slowSum(flatten(seg).subarray(34));

  test("sums over the CRC, which is computed here", () => {
    const segs = segmentsOf(sctpSkb(), features);
    expect(segs.map((seg) => seg.len - 74)).toEqual(CHUNKS);
    expect(segs.map(greSumOf)).toEqual([0xffff, 0xffff]);
    expect(segs.map((seg) => seg.ipSummed)).toEqual([CHECKSUM_NONE, CHECKSUM_NONE]);
    expect(segs.every((seg) => getU32(flatten(seg), 70) !== 0)).toBe(true);
  });

  test("a kernel that leaves the CRC to the device sums over what is not there yet", () => {
    const greOffload = { featuresUnderChecksum: (given: number): number => given };
    const segs = segmentsOf(sctpSkb(), features, { ...fixedKernel, greOffload });
    expect(segs.map((seg) => [seg.ipSummed, seg.csumNotInet])).toEqual(Array(2).fill([CHECKSUM_PARTIAL, true]));
    expect(segs.map(greSumOf)).not.toEqual([0xffff, 0xffff]);
  });
});
