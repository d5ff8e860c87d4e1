/** IP in IP, all four kinds: ipip, sit, ip4ip6, ip6ip6. */
import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NETIF_F_GSO_IPXIP4,
  NETIF_F_GSO_IPXIP6,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  SKB_GSO_IPXIP4,
  SKB_GSO_IPXIP6,
  SKB_GSO_PARTIAL,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import { putBytes } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { flatten } from "../../skb/testing/make.js";
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
  type TestDevice,
  udp,
} from "../testing/nestedPackets.js";

type Family = "ipv4" | "ipv6";
const SIZE = 100;
const SOFTWARE = NETIF_F_SG;
const BOTH = NETIF_F_SG | NETIF_F_HW_CSUM;
const length = (family: Family): number => (family === "ipv4" ? 20 : 40);
const ip = (family: Family, protocol: number, sum: Sum = "none"): Layer =>
  family === "ipv4" ? ipv4(protocol, sum) : ipv6(protocol, sum);
const announced = (family: Family): number => (family === "ipv4" ? 4 : 41);

/** `families` from the outermost on; the last one carries UDP. */
const layersOf = (families: readonly Family[], sum: Sum): Layer[] => [
  ethernet(etherTypeOf(families[0] as Family)),
  ...families.map((family, i) => {
    const next = families[i + 1];
    return next === undefined ? ip(family, 17, sum) : ip(family, announced(next));
  }),
  udp(1000, 2000),
];

const typeOf = (families: readonly Family[]): number => (families[0] === "ipv4" ? SKB_GSO_IPXIP4 : SKB_GSO_IPXIP6);

function nested(families: readonly Family[], device: TestDevice = {}, type = typeOf(families)): SkBuff {
  const l3 = families.reduce((sum, family) => sum + length(family), 0);
  const innermost = 14 + l3 - length(families.at(-1) as Family);
  const inner = { innerMac: innermost, innerNetwork: innermost, innerTransport: 14 + l3 };
  return nestedSkb(
    packet(layersOf(families, "pseudo"), DATA),
    { network: 14, transport: 14 + length(families[0] as Family), ...inner, csum: [14 + l3, 6] },
    { gsoSize: SIZE, gsoType: SKB_GSO_UDP_L4 | type },
    deviceOf(device),
  );
}

const kinds: [string, Family, Family][] = [
  ["ipip", "ipv4", "ipv4"],
  ["sit", "ipv4", "ipv6"],
  ["ip4ip6", "ipv6", "ipv4"],
  ["ip6ip6", "ipv6", "ipv6"],
];

describe.each(kinds)("%s", (_name, outer, inner) => {
  const families = [outer, inner];
  test.each<[string, TestDevice, number, number]>([
    ["in software", {}, SOFTWARE, CHECKSUM_NONE],
    ["with the checksum left to the device", { hwEncFeatures: BOTH }, BOTH, CHECKSUM_PARTIAL],
  ])("%s: the packets that the sender would have sent, both headers counting", (_how, device, features, summed) => {
    const segs = segmentsOf(nested(families, device), features);
    expect(segs.map(onTheWire)).toEqual(expectedFrames(layersOf(families, "complete"), SIZE));
    expect(segs.map((seg) => seg.ipSummed)).toEqual([summed, summed, summed]);
    for (const seg of segs) {
      expect(headersOf(seg)).toMatchObject({ mac: 0, network: 14, macLen: 14, encapsulation: true });
      const headers = [seg.innerNetworkHeader, seg.innerTransportHeader].map((at) => at - seg.data);
      expect(headers).toEqual([14 + length(outer), 14 + length(outer) + length(inner)]);
    }
  });

  test("a device that checksums only what is not encapsulated does not count inside", () => {
    const segs = segmentsOf(nested(families, { features: BOTH }), BOTH);
    expect(segs.map((seg) => seg.ipSummed)).toEqual([CHECKSUM_NONE, CHECKSUM_NONE, CHECKSUM_NONE]);
  });

  test("the device takes it whole: the network header is the outer one again", () => {
    const whole = NETIF_F_GSO_UDP_L4 | NETIF_F_GSO_IPXIP4 | NETIF_F_GSO_IPXIP6 | BOTH;
    const skb = nested(families, { features: whole, hwEncFeatures: whole });
    expect(skbGsoSegment(fixedKernel, skb, whole)).toBeNull();
    expect(headersOf(skb)).toMatchObject({ mac: 0, network: 14, macLen: 14, encapsulation: true });
  });

  test("a kernel that does not restore it leaves the inner one", () => {
    const whole = NETIF_F_GSO_UDP_L4 | NETIF_F_GSO_IPXIP4 | NETIF_F_GSO_IPXIP6 | BOTH;
    const skb = nested(families, { features: whole, hwEncFeatures: whole });
    const k: NetKernel = { ...fixedKernel, gso: { ...fixedKernel.gso, restoreNetworkHeader: () => {} } };
    expect(skbGsoSegment(k, skb, whole)).toBeNull();
    expect(headersOf(skb).network).toBe(14 + length(outer));
  });

  test("a packet of another type: -EINVAL", () => {
    const wrong = outer === "ipv4" ? SKB_GSO_IPXIP6 : SKB_GSO_IPXIP4;
    expect(skbGsoSegment(fixedKernel, nested(families, {}, wrong), SOFTWARE)).toBe(-EINVAL);
  });

  test("an inner header that is none: -EINVAL, data where it was", () => {
    const skb = nested(families);
    putBytes(skb, skb.data + 14 + length(outer), Uint8Array.of(0x41));
    if (inner === "ipv6") putBytes(skb, skb.data + 14 + length(outer) + 6, Uint8Array.of(41));
    const at = skb.data;
    expect(skbGsoSegment(fixedKernel, skb, SOFTWARE)).toBeLessThan(0);
    expect(skb.data).toBe(at);
  });

  test("a device that cuts on finds the lengths of one of its pieces in both headers", () => {
    const partial = NETIF_F_GSO_PARTIAL | NETIF_F_GSO_UDP_L4 | BOTH;
    const mine = outer === "ipv4" ? NETIF_F_GSO_IPXIP4 : NETIF_F_GSO_IPXIP6;
    const device = { features: partial | mine, hwEncFeatures: partial, gsoPartialFeatures: mine };
    const [first, last] = segmentsOf(nested(families, device), partial) as [SkBuff, SkBuff];
    expect([first.shinfo.gsoSize, first.shinfo.gsoSegs, last.shinfo.gsoSize]).toEqual([SIZE, 2, 0]);
    expect(first.shinfo.gsoType & SKB_GSO_PARTIAL).toBe(SKB_GSO_PARTIAL);
    const expected = expectedFrames(layersOf(families, "complete"), SIZE);
    expect(onTheWire(last)).toEqual(expected[2]);
    const udpAt = 14 + length(outer) + length(inner);
    const headers = flatten(first).slice(0, udpAt + 8);
    headers.set(expected[0]!.subarray(udpAt, udpAt + 8), udpAt);
    expect(concat([headers, pieces(SIZE)[0]!])).toEqual(expected[0]);
  });
});

describe("headers upon headers", () => {
  const stack = (n: number): Family[] => Array<Family>(n).fill("ipv4");
  test("five are cut, each counting", () => {
    const segs = segmentsOf(nested(stack(5)), SOFTWARE);
    expect(segs.map(flatten)).toEqual(expectedFrames(layersOf(stack(5), "complete"), SIZE));
  });

  test("six are refused, whatever their families", () => {
    expect(skbGsoSegment(fixedKernel, nested(stack(6)), SOFTWARE)).toBe(-EINVAL);
    const mixed: Family[] = ["ipv4", "ipv6", "ipv6", "ipv4", "ipv6", "ipv4"];
    const both = SKB_GSO_IPXIP4 | SKB_GSO_IPXIP6;
    expect(skbGsoSegment(fixedKernel, nested(mixed, {}, both), SOFTWARE)).toBe(-EINVAL);
    expect(segmentsOf(nested(mixed.slice(1), {}, both), SOFTWARE).map(flatten)).toEqual(
      expectedFrames(layersOf(mixed.slice(1), "complete"), SIZE),
    );
  });

  test("a kernel without a limit goes as deep as there are headers", () => {
    const gso = { ...fixedKernel.gso, ipRecursionLimit: () => Number.POSITIVE_INFINITY };
    const segs = segmentsOf(nested(stack(30)), SOFTWARE, { ...fixedKernel, gso });
    expect(segs.map(flatten)).toEqual(expectedFrames(layersOf(stack(30), "complete"), SIZE));
  });
});
