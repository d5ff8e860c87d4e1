import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import { fromHex } from "../../bytes/hexdump.js";
import { putBytes } from "../../skb/bytes.js";
import { EINVAL, EPROTONOSUPPORT } from "../../skb/errno.js";
import { skbPushInner } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { flatten } from "../../skb/testing/make.js";
import { ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { ETH_P_NSH } from "../../wire/nsh.js";
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
  nsh,
  packet,
  type Sum,
  segmentsOf,
  udp,
} from "../testing/nestedPackets.js";
import type { NshOuter } from "./nsh.seams.js";

const SIZE = 100;
const ALL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_UDP_L4;

/** A frame whose service header begins at byte 14; the UDP header is the last in front of the payload. */
function served(layers: readonly Layer[], more: Partial<Parameters<typeof nestedSkb>[1]> = {}): SkBuff {
  const frame = packet(layers, DATA);
  const udpAt = frame.length - DATA.length - 8;
  const layout = { network: 14, transport: udpAt, csum: [udpAt, 6] as const, encapsulation: false, ...more };
  return nestedSkb(
    frame,
    layout,
    { gsoSize: SIZE, gsoType: SKB_GSO_UDP_L4 },
    deviceOf({ features: ALL, mplsFeatures: ALL }),
  );
}

const overIpv4 = (sum: Sum, words = 0): Layer[] => [ethernet(ETH_P_NSH), nsh(1, words), ipv4(17, sum), udp(1, 2)];
const overIpv6 = (sum: Sum): Layer[] => [ethernet(ETH_P_NSH), nsh(2, 3), ipv6(17, sum), udp(1, 2)];
const overEthernet = (sum: Sum): Layer[] => [
  ethernet(ETH_P_NSH),
  nsh(3),
  ethernet(ETH_P_IPV6),
  ipv6(17, sum),
  udp(1, 2),
];
const twice = (sum: Sum): Layer[] => [ethernet(ETH_P_NSH), nsh(4, 1), nsh(1), ipv4(17, sum), udp(1, 2)];

describe("nsh_gso_segment", () => {
  test.each<[string, (sum: Sum) => Layer[]]>([
    ["IPv4", overIpv4],
    ["IPv4 behind the longest header", (sum) => overIpv4(sum, 61)],
    ["IPv6", overIpv6],
    ["a frame", overEthernet],
    ["a service header", twice],
  ])("in front of %s: the packets that the sender would have sent", (_name, layers) => {
    const segs = segmentsOf(served(layers("pseudo")), ALL);
    expect(segs.map(flatten)).toEqual(expectedFrames(layers("complete"), SIZE));
    for (const seg of segs) {
      expect(seg.ipSummed).toBe(CHECKSUM_NONE);
      const outer = { mac: 0, network: 14, macLen: 14, protocol: ETH_P_NSH, encapsulation: false };
      expect(headersOf(seg)).toEqual(outer);
    }
  });

  const tag: Layer = (inside) => concat([fromHex("0007894f"), inside]);
  const tagged = (sum: Sum): Layer[] => [ethernet(ETH_P_8021Q), tag, ...overIpv6(sum).slice(1)];

  test("a VLAN tag in front is part of the outer header, and the protocol stays the tag's", () => {
    const skb = served(tagged("pseudo"), { network: 18 });
    skb.protocol = ETH_P_8021Q;
    const segs = segmentsOf(skb, ALL);
    expect(segs.map(flatten)).toEqual(expectedFrames(tagged("complete"), SIZE));
    const outer = { mac: 0, network: 18, macLen: 18, protocol: ETH_P_8021Q, encapsulation: false };
    expect(segs.map(headersOf)).toEqual([outer, outer, outer]);
  });

  test("IPv6 fragments inside move the headers, and the outer one is there all the same", () => {
    const skb = served(tagged("pseudo"), { network: 18 });
    skb.protocol = ETH_P_8021Q;
    skb.shinfo.gsoType = SKB_GSO_UDP;
    skb.shinfo.gsoSize = 96;
    const head = packet(tagged("pseudo"), DATA).slice(0, 38);
    for (const seg of segmentsOf(skb, ALL)) {
      expect(flatten(seg).slice(0, 38)).toEqual(head);
      expect([seg.data - seg.macHeader, seg.networkHeader - seg.data]).toEqual([0, 18]);
    }
  });

  test("a kernel that puts only the service header back loses what was in front of it", () => {
    const restoreOuter = (seg: SkBuff, outer: NshOuter): void => {
      seg.protocol = ETH_P_NSH;
      skbPushInner(seg, outer.nshLen);
      seg.macHeader = outer.macHeader;
      seg.networkHeader = outer.macHeader + outer.macLen;
    };
    const skb = served(tagged("pseudo"), { network: 18 });
    skb.protocol = ETH_P_8021Q;
    const segs = segmentsOf(skb, ALL, { ...fixedKernel, nsh: { ...fixedKernel.nsh, restoreOuter } });
    const whole = expectedFrames(tagged("complete"), SIZE);
    expect(segs.map(flatten)).toEqual(whole.map((frame) => frame.slice(18)));
    expect(segs.map((seg) => seg.protocol)).toEqual([ETH_P_NSH, ETH_P_NSH, ETH_P_NSH]);
  });

  test.each<[string, readonly number[], number]>([
    ["a length below the base header's", [0x0f, 0xc1], -EINVAL],
    ["a length beyond the end", [0x0f, 0xff], -EINVAL],
    ["a next protocol that nobody knows", [0x0f, 0xc2, 2, 6], -EINVAL],
  ])("%s", (_name, bytes, expected) => {
    const skb = served(overIpv4("pseudo"));
    putBytes(skb, skb.data + 14, Uint8Array.from(bytes));
    if (bytes[1] === 0xff) {
      skb.len = 14 + 251;
      skb.tail = skb.data + skb.len;
    }
    expect(skbGsoSegment(fixedKernel, skb, ALL)).toBe(expected);
  });

  test("a header that is not all there: -EINVAL", () => {
    const skb = served(overIpv4("pseudo"));
    skb.len = 14 + 7;
    skb.tail = skb.data + skb.len;
    expect(skbGsoSegment(fixedKernel, skb, ALL)).toBe(-EINVAL);
  });

  test("a device never takes it whole: only scatter-gather counts behind the header", () => {
    let seen = -1;
    const handlers = new Map(fixedKernel.offloads.packet).set(ETH_P_IP, (_k, _skb, features) => {
      seen = features;
      return null;
    });
    const k: NetKernel = { ...fixedKernel, offloads: { ...fixedKernel.offloads, packet: handlers } };
    const skb = served(overIpv4("pseudo"));
    expect(skbGsoSegment(k, skb, ALL)).toBeNull();
    expect(seen).toBe(NETIF_F_SG);
    expect(headersOf(skb)).toEqual({ mac: 0, network: 14, macLen: 14, protocol: ETH_P_NSH, encapsulation: true });
  });

  describe("an inner handler that fails after moving headers", () => {
    const labelled: Layer[] = [ethernet(ETH_P_NSH), nsh(5), mpls(1, 2), ipv4(17, "pseudo"), udp(1, 2)];
    const failed = (k: NetKernel): { err: number; skb: SkBuff; at: number } => {
      const skb = served(labelled, { innerNetwork: 30, innerProtocol: 0x1234 });
      const at = skb.data;
      return { err: skbGsoSegment(k, skb, ALL) as number, skb, at };
    };

    test("the headers are where they were", () => {
      const { err, skb, at } = failed(fixedKernel);
      expect([err, skb.data]).toEqual([-EPROTONOSUPPORT, at]);
      expect(headersOf(skb)).toEqual({ mac: 0, network: 14, macLen: 14, protocol: ETH_P_NSH, encapsulation: true });
    });

    test("a kernel that counts back from the network header ends up behind the MAC header", () => {
      const macHeaderToRestore = (skb: SkBuff, outer: NshOuter): number => skb.networkHeader - outer.outerHlen;
      const { skb, at } = failed({ ...fixedKernel, nsh: { ...fixedKernel.nsh, macHeaderToRestore } });
      expect([skb.macHeader - at, skb.data - at]).toEqual([8, 8]);
    });
  });

  test("MPLS labels behind it", () => {
    const layers = (sum: Sum): Layer[] => [ethernet(ETH_P_NSH), nsh(5), mpls(1, 2), ipv4(17, sum), udp(1, 2)];
    const skb = served(layers("pseudo"), { innerNetwork: 30, innerProtocol: ETH_P_IP });
    const segs = segmentsOf(skb, ALL);
    expect(segs.map(flatten)).toEqual(expectedFrames(layers("complete"), SIZE));
    expect(segs.map((seg) => seg.protocol)).toEqual([ETH_P_NSH, ETH_P_NSH, ETH_P_NSH]);
  });
});
