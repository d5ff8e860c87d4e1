import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  SKB_GSO_PARTIAL,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { putBytes } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { faultOf, flatten } from "../../skb/testing/make.js";
import { ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ETH_P_MPLS_MC, ETH_P_MPLS_UC } from "../../wire/ethernet.js";
import { skbGsoSegment } from "../core/gso.js";
import type { NetKernel } from "../NetKernel.js";
import {
  DATA,
  deviceOf,
  ethernet,
  expectedFrames,
  fixedKernel,
  headersOf,
  ipv4,
  ipv6,
  type Layer,
  mpls,
  nestedSkb,
  onTheWire,
  packet,
  type Sum,
  segmentsOf,
  type TestDevice,
  udp,
} from "../testing/nestedPackets.js";

const SIZE = 100;
const SOFTWARE = NETIF_F_SG;
const BOTH = NETIF_F_SG | NETIF_F_HW_CSUM;

interface Labelled {
  readonly etherType?: number;
  readonly labels?: readonly number[];
  readonly isIpv6?: boolean;
  readonly device?: TestDevice;
}

const layersOf = ({ etherType = ETH_P_MPLS_UC, labels = [16], isIpv6 = false }: Labelled, sum: Sum): Layer[] => [
  ethernet(etherType),
  mpls(...labels),
  isIpv6 ? ipv6(17, sum) : ipv4(17, sum),
  udp(1000, 2000),
];

function labelled(packetOf: Labelled): SkBuff {
  const { labels = [16], isIpv6 = false, device = {} } = packetOf;
  const innerNetwork = 14 + 4 * labels.length;
  const transport = innerNetwork + (isIpv6 ? 40 : 20);
  const inner = { innerNetwork, innerProtocol: isIpv6 ? ETH_P_IPV6 : ETH_P_IP, encapsulation: false };
  return nestedSkb(
    packet(layersOf(packetOf, "pseudo"), DATA),
    { network: 14, transport, ...inner, csum: [transport, 6] },
    { gsoSize: SIZE, gsoType: SKB_GSO_UDP_L4 },
    deviceOf({ mplsFeatures: NETIF_F_SG, ...device }),
  );
}

describe("mpls_gso_segment", () => {
  test.each<[string, Labelled, number, number]>([
    ["one label before IPv4", {}, SOFTWARE, CHECKSUM_NONE],
    ["three before IPv6, multicast", { etherType: ETH_P_MPLS_MC, labels: [1, 2, 3], isIpv6: true }, SOFTWARE, 0],
    ["a device that checksums labelled packets", { device: { mplsFeatures: BOTH } }, BOTH, CHECKSUM_PARTIAL],
    ["a device that checksums others only", { device: { features: BOTH } }, BOTH, CHECKSUM_NONE],
  ])("%s: the packets that the sender would have sent", (_name, packetOf, features, summed) => {
    const segs = segmentsOf(labelled(packetOf), features);
    expect(segs.map(onTheWire)).toEqual(expectedFrames(layersOf(packetOf, "complete"), SIZE));
    const { etherType: protocol = ETH_P_MPLS_UC, labels = [16] } = packetOf;
    for (const seg of segs) {
      expect(seg.ipSummed).toBe(summed);
      expect(headersOf(seg)).toEqual({ mac: 0, network: 14, macLen: 14, protocol, encapsulation: false });
      expect(seg.innerNetworkHeader - seg.data).toBe(14 + 4 * labels.length);
    }
  });

  test("the device cuts on: pieces stay GSO behind their labels", () => {
    const partial = NETIF_F_GSO_PARTIAL | NETIF_F_GSO_UDP_L4 | BOTH;
    const device = {
      features: partial,
      mplsFeatures: NETIF_F_GSO_PARTIAL | BOTH,
      gsoPartialFeatures: NETIF_F_GSO_UDP_L4,
    };
    const [first, last] = segmentsOf(labelled({ device }), partial) as [SkBuff, SkBuff];
    expect([first.len - 46, last.len - 46]).toEqual([2 * SIZE, 50]);
    expect([first.shinfo.gsoSize, first.shinfo.gsoSegs]).toEqual([SIZE, 2]);
    expect(first.shinfo.gsoType).toBe(SKB_GSO_UDP_L4 | SKB_GSO_PARTIAL);
    expect(onTheWire(last)).toEqual(expectedFrames(layersOf({}, "complete"), SIZE)[2]);
  });

  test.each<[string, number]>([
    ["never set", 0],
    ["no label at all", 14],
    ["half a label", 16],
    ["in front of the labels", 10],
    ["behind the end", 14 + 400],
  ])("an inner network header %s: -EINVAL", (_name, offset) => {
    const skb = labelled({});
    skb.innerNetworkHeader = offset === 0 ? 0 : skb.data + offset;
    expect(skbGsoSegment(fixedKernel, skb, SOFTWARE)).toBe(-EINVAL);
  });

  test("a kernel that takes no label for a stack never comes to an end", () => {
    const k: NetKernel = { ...fixedKernel, mplsGso: { isLabelStack: () => true } };
    const skb = labelled({});
    skb.innerNetworkHeader = skb.data + 14;
    skb.innerProtocol = ETH_P_MPLS_UC;
    expect(faultOf(() => skbGsoSegment(k, skb, SOFTWARE))).toBe("STALL(mpls-no-progress)");
    const other = labelled({});
    other.innerNetworkHeader = other.data + 14;
    expect(skbGsoSegment(k, other, SOFTWARE)).toBe(-EINVAL);
  });

  test.each<[string, TestDevice, number, (skb: SkBuff) => void, number | null]>([
    [
      "the device takes it whole",
      { mplsFeatures: BOTH | NETIF_F_GSO_UDP_L4 },
      BOTH | NETIF_F_GSO_UDP_L4,
      () => {},
      null,
    ],
    ["an error inside", {}, SOFTWARE, (skb) => putBytes(skb, skb.data + 18, Uint8Array.of(0x41)), -EINVAL],
    ["nothing to carry", {}, SOFTWARE, (skb) => void (skb.innerProtocol = ETH_P_ARP), -93],
  ])("%s: every header is where it was", (_name, device, features, spoil, expected) => {
    const skb = labelled({ device });
    spoil(skb);
    const bytes = flatten(skb);
    expect(skbGsoSegment(fixedKernel, skb, features)).toBe(expected);
    expect(headersOf(skb)).toEqual({ mac: 0, network: 14, macLen: 14, protocol: ETH_P_MPLS_UC, encapsulation: true });
    expect([skb.innerNetworkHeader - skb.data, flatten(skb)]).toEqual([18, bytes]);
  });
});
