import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_CSUM_MASK,
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_MASK,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HIGHDMA,
  NETIF_F_HW_CSUM,
  NETIF_F_HW_VLAN_CTAG_TX,
  NETIF_F_HW_VLAN_STAG_TX,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SG,
  NETIF_F_TSO6,
  SKB_GSO_PARTIAL,
  SKB_GSO_TCPV4,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { putU16 } from "../../bytes/view.js";
import { bytesAt, putBytes } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import {
  alive,
  chain,
  failAllocations,
  faultOf,
  flatten,
  makeMemory,
  makeSkb,
  NOTHING_ALIVE,
  type Shape,
} from "../../skb/testing/make.js";
import { ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import type { GsoSegment, NetKernel } from "../NetKernel.js";
import { devQueueXmit, netifNeedsGso, netifSkbFeatures, validateXmitSkb, validateXmitSkbList } from "./dev.js";
import { devSeams } from "./dev.seams.js";
import { gsoHasIpv6ExtensionHeader } from "./extensionHeaders.js";
import { gsoSeams } from "./gso.seams.js";
import { type NetDevice, netDevice } from "./NetDevice.js";

const kernelWith = (handler: GsoSegment): NetKernel =>
  ({ gso: gsoSeams, dev: devSeams, offloads: { packet: new Map([[ETH_P_IP, handler]]) } }) as unknown as NetKernel;
const k = kernelWith(() => null);

const CSUM = NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM;
const ALL = NETIF_F_SG | NETIF_F_HIGHDMA | CSUM | NETIF_F_GSO_UDP_L4 | NETIF_F_GSO_UDP | NETIF_F_TSO6;

function deviceWith(features: number, more: Partial<NetDevice> = {}): NetDevice & { readonly sent: SkBuff[] } {
  const sent: SkBuff[] = [];
  const own = { features, hwEncFeatures: NETIF_F_SG, vlanFeatures: features, gsoIpv4MaxSize: 10_000, ...more };
  return { ...netDevice("port", features, { startXmit: (skb) => sent.push(skb), ...own }), sent };
}

/** A frame with `data` at its MAC header; the first byte behind it is the version. */
function frame(protocol = ETH_P_IP, shape: Shape = {}): SkBuff {
  const ipv6 = protocol === ETH_P_IPV6;
  const skb = makeSkb(makeMemory(), {
    tailroom: 64,
    ...shape,
    linear: 14 + (ipv6 ? 40 : 20) + 8 + (shape.linear ?? 10),
  });
  skb.protocol = protocol;
  skb.macHeader = skb.data;
  skb.networkHeader = skb.data + 14;
  skb.transportHeader = skb.networkHeader + (ipv6 ? 40 : 20);
  skb.macLen = 14;
  putBytes(skb, skb.networkHeader, new Uint8Array(ipv6 ? 40 : 20));
  putBytes(skb, skb.networkHeader, Uint8Array.of(ipv6 ? 0x60 : 0x45));
  if (ipv6) putBytes(skb, skb.networkHeader + 6, Uint8Array.of(17));
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.transportHeader;
  skb.csumOffset = 6;
  return skb;
}

const gso = (protocol = ETH_P_IP, more: Shape = {}): SkBuff =>
  frame(protocol, { gsoSize: 5, gsoSegs: 2, gsoType: SKB_GSO_UDP_L4, ...more });
const featuresOf = (skb: SkBuff, device = deviceWith(ALL)): number => netifSkbFeatures(k, skb, device);

describe("gso_features_check", () => {
  test("gso_segs > gso_max_segs: without GSO_MASK", () => {
    expect(featuresOf(gso(), deviceWith(ALL, { gsoMaxSegs: 2 }))).toBe(ALL);
    expect(featuresOf(gso(), deviceWith(ALL, { gsoMaxSegs: 1 }))).toBe(ALL & ~NETIF_F_GSO_MASK);
  });

  test.each([
    ["IPv6: gso_max_size", ETH_P_IPV6, { gsoMaxSize: 72 }, { gsoMaxSize: 73, gsoIpv4MaxSize: 1 }],
    ["others: gso_ipv4_max_size", ETH_P_IP, { gsoIpv4MaxSize: 52 }, { gsoIpv4MaxSize: 53, gsoMaxSize: 1 }],
  ])("len >= limit, %s: without GSO_MASK", (_name, protocol, reached, notYet) => {
    expect(featuresOf(gso(protocol), deviceWith(ALL, reached))).toBe(ALL & ~NETIF_F_GSO_MASK);
    expect(featuresOf(gso(protocol), deviceWith(ALL, notYet))).toBe(ALL);
  });

  test("gso_type == 0: warn-bad-offload, without GSO_MASK", () => {
    const skb = gso(ETH_P_IP, { gsoType: 0 });
    expect(featuresOf(skb)).toBe(ALL & ~NETIF_F_GSO_MASK);
    expect(skb.mem.warnings.map(({ id }) => id)).toEqual(["bad-offload"]);
  });

  test("type lacks PARTIAL: without the device's partial features", () => {
    const device = deviceWith(ALL, { gsoPartialFeatures: NETIF_F_GSO_UDP_L4 });
    expect(featuresOf(gso(), device)).toBe(ALL & ~NETIF_F_GSO_UDP_L4);
    expect(featuresOf(gso(ETH_P_IP, { gsoType: SKB_GSO_UDP_L4 | SKB_GSO_PARTIAL }), device)).toBe(ALL);
  });

  const LESS = ALL & ~(NETIF_F_IPV6_CSUM | NETIF_F_TSO6 | NETIF_F_GSO_UDP_L4);
  test.each([0, 43, 44, 51, 59, 60])("next header %d: without IPV6_CSUM, TSO6 and GSO_UDP_L4", (nexthdr) => {
    const skb = gso(ETH_P_IPV6);
    skb.ipSummed = CHECKSUM_NONE;
    putBytes(skb, skb.networkHeader + 6, Uint8Array.of(nexthdr));
    expect(featuresOf(skb)).toBe(LESS);
  });

  test("network_header_len != 40: extension headers, unless the transport header is unset", () => {
    const skb = gso(ETH_P_IPV6);
    skb.transportHeader += 8;
    expect(featuresOf(skb) & NETIF_F_IPV6_CSUM).toBe(0);
    skb.transportHeader = 0xffff;
    expect(featuresOf(skb)).toBe(ALL);
  });

  test("UDP right behind the IPv6 header, IPv4, and HW_CSUM alone: nothing dropped", () => {
    expect(featuresOf(gso(ETH_P_IPV6))).toBe(ALL);
    expect(featuresOf(gso(ETH_P_IP))).toBe(ALL);
    const hw = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_UDP_L4;
    const skb = gso(ETH_P_IPV6);
    putBytes(skb, skb.networkHeader + 6, Uint8Array.of(60));
    expect(featuresOf(skb, deviceWith(hw))).toBe(hw);
  });

  test("the narrow test of older releases looks at TCPV6, and UDP_L4 over IPv6, only", () => {
    const narrow = { ...k, dev: { ...devSeams, gsoStoppedByExtensionHeader: gsoHasIpv6ExtensionHeader } };
    const skb = gso(ETH_P_IPV6);
    skb.transportHeader += 8;
    expect(netifSkbFeatures(narrow, skb, deviceWith(ALL)) & NETIF_F_GSO_UDP_L4).toBe(0);
    skb.shinfo.gsoType = SKB_GSO_TCPV4;
    expect(netifSkbFeatures(narrow, skb, deviceWith(ALL))).toBe(ALL);
  });
});

describe("netif_skb_features", () => {
  test("encapsulated: only what the device does for inner packets", () => {
    const skb = frame();
    skb.encapsulation = true;
    skb.ipSummed = CHECKSUM_NONE;
    expect(featuresOf(skb)).toBe(NETIF_F_SG);
  });

  test("an accelerated tag: the VLAN features, and the two insertions", () => {
    const tagging = ALL | NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX;
    const skb = frame();
    skb.vlanProto = ETH_P_8021Q;
    expect(featuresOf(skb, deviceWith(tagging, { vlanFeatures: CSUM }))).toBe(
      CSUM | NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX,
    );
  });

  test("intersection: HW_CSUM on one side stands for both families on the other", () => {
    const skb = frame();
    skb.vlanProto = ETH_P_8021Q;
    expect(featuresOf(skb, deviceWith(NETIF_F_HW_CSUM, { vlanFeatures: CSUM }))).toBe(CSUM);
    expect(featuresOf(skb, deviceWith(CSUM, { vlanFeatures: NETIF_F_HW_CSUM }))).toBe(CSUM);
  });

  const tagged = (inner: number): SkBuff => {
    const skb = frame(ETH_P_8021Q);
    const tags = new Uint8Array(8);
    putU16(tags, 2, inner);
    putU16(tags, 6, ETH_P_IP);
    putBytes(skb, skb.data + 14, tags);
    return skb;
  };
  test.each([
    ["a tag in the frame and one in metadata", () => Object.assign(tagged(ETH_P_IP), { vlanProto: ETH_P_8021Q }), true],
    ["two tags in the frame", () => tagged(ETH_P_8021AD), true],
    ["one tag in the frame", () => tagged(ETH_P_IP), false],
    ["one tag in metadata", () => Object.assign(frame(), { vlanProto: ETH_P_8021Q }), false],
  ])("%s: multi-tagged packets keep only the simple features", (_name, make, isMulti) => {
    const features = NETIF_F_SG | NETIF_F_HIGHDMA | NETIF_F_HW_CSUM | NETIF_F_FRAGLIST | NETIF_F_GSO_UDP_L4;
    const kept = isMulti ? features & ~NETIF_F_GSO_UDP_L4 : features;
    expect(featuresOf(make(), deviceWith(features))).toBe(kept);
    expect(featuresOf(make(), deviceWith(features, { takesAnyTags: true }))).toBe(features);
  });

  test("a checksum that the device cannot do: without CSUM_MASK and GSO_MASK", () => {
    const device = deviceWith(NETIF_F_SG | NETIF_F_IPV6_CSUM | NETIF_F_GSO_UDP_L4);
    expect(featuresOf(gso(), device)).toBe(NETIF_F_SG);
    const without = gso();
    without.ipSummed = CHECKSUM_NONE;
    expect(featuresOf(without, device) & NETIF_F_CSUM_MASK).toBe(NETIF_F_IPV6_CSUM);
  });
});

describe("netif_needs_gso", () => {
  test.each([
    ["not GSO", frame(), 0, false],
    ["GSO that the features cover", gso(), NETIF_F_GSO_UDP_L4, false],
    ["GSO that they do not", gso(), 0, true],
    ["covered, checksum verified", Object.assign(gso(), { ipSummed: CHECKSUM_UNNECESSARY }), NETIF_F_GSO_UDP_L4, false],
    ["covered, but nobody's checksum", Object.assign(gso(), { ipSummed: CHECKSUM_NONE }), NETIF_F_GSO_UDP_L4, true],
  ])("%s", (_name, skb, features, expected) => {
    expect(netifNeedsGso(skb, features)).toBe(expected);
  });
});

describe("validate_xmit_skb", () => {
  const validate = (skb: SkBuff, features: number, kernel = k) => validateXmitSkb(kernel, skb, deviceWith(features));

  test("an accelerated tag that the device cannot insert is written into the frame", () => {
    const skb = Object.assign(frame(), { vlanProto: ETH_P_8021AD, vlanTci: 0x1234 });
    const before = flatten(skb);
    expect(validate(skb, ALL | NETIF_F_HW_VLAN_CTAG_TX).list).toBe(skb);
    expect(bytesAt(skb, skb.data, 18)).toEqual(
      Uint8Array.of(...before.slice(0, 12), 0x88, 0xa8, 0x12, 0x34, ...before.slice(12, 14)),
    );
    expect([skb.vlanProto, skb.vlanTci, skb.protocol, skb.macHeader]).toEqual([0, 0, ETH_P_8021AD, skb.data]);
  });

  test("a tag that it can insert stays in metadata", () => {
    const skb = Object.assign(frame(), { vlanProto: ETH_P_8021Q });
    validate(skb, ALL | NETIF_F_HW_VLAN_CTAG_TX);
    expect(skb.vlanProto).toBe(ETH_P_8021Q);
  });

  test("no room for the tag: dropped and freed", () => {
    const skb = Object.assign(frame(ETH_P_IP, { headroom: 0 }), { vlanProto: ETH_P_8021Q });
    failAllocations(skb.mem, 1);
    expect(validate(skb, ALL)).toEqual({ list: null, dropReason: "vlan-push" });
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("segmentation: an error drops, NULL goes on with the packet, a list replaces it", () => {
    const failing = gso();
    expect(
      validate(
        failing,
        0,
        kernelWith(() => -EINVAL),
      ),
    ).toEqual({ list: null, dropReason: "gso-segment" });
    expect(alive(failing.mem)).toEqual(NOTHING_ALIVE);

    const whole = gso();
    expect(
      validate(
        whole,
        0,
        kernelWith(() => null),
      ),
    ).toEqual({ list: whole, dropReason: "" });

    const cut = gso();
    const seg = makeSkb(cut.mem, { linear: 1 });
    expect(
      validate(
        cut,
        0,
        kernelWith(() => seg),
      ),
    ).toEqual({ list: seg, dropReason: "" });
    expect(cut.users).toBe(0);
  });

  test("segments do not get their checksum here", () => {
    const skb = gso();
    const seg = frame();
    validate(
      skb,
      0,
      kernelWith(() => seg),
    );
    expect(seg.ipSummed).toBe(CHECKSUM_PARTIAL);
  });

  test("fragments that the device cannot take are made linear, or the packet is dropped", () => {
    const fine = frame(ETH_P_IP, { frags: [10] });
    validate(fine, 0);
    expect(fine.dataLen).toBe(0);

    const failing = frame(ETH_P_IP, { frags: [10], tailroom: 0 });
    failAllocations(failing.mem, 1);
    expect(validate(failing, 0)).toEqual({ list: null, dropReason: "linearize" });
    expect(alive(failing.mem)).toEqual(NOTHING_ALIVE);
  });

  test.each([
    ["HW_CSUM", NETIF_F_HW_CSUM, ETH_P_IP, 6, false],
    ["IP_CSUM, a UDP checksum", NETIF_F_IP_CSUM, ETH_P_IP, 6, false],
    ["IP_CSUM, a TCP checksum", NETIF_F_IP_CSUM, ETH_P_IP, 16, false],
    ["IP_CSUM, a checksum elsewhere", NETIF_F_IP_CSUM, ETH_P_IP, 4, true],
    ["no checksum offload", 0, ETH_P_IP, 6, true],
    ["IPV6_CSUM, extension headers", NETIF_F_IPV6_CSUM, ETH_P_IPV6, 6, true],
  ])("%s: the checksum is left to the device or computed", (_name, features, protocol, csumOffset, computed) => {
    const skb = frame(protocol);
    skb.csumOffset = csumOffset;
    if (protocol === ETH_P_IPV6) putBytes(skb, skb.networkHeader + 6, Uint8Array.of(60));
    expect(validate(skb, features).list).toBe(skb);
    expect(skb.ipSummed).toBe(computed ? CHECKSUM_NONE : CHECKSUM_PARTIAL);
  });

  test("the transport header, or the inner one, is where the checksum starts", () => {
    const skb = frame();
    skb.transportHeader = 0xffff;
    validate(skb, NETIF_F_HW_CSUM);
    expect(skb.transportHeader).toBe(skb.csumStart);
    const inner = Object.assign(frame(), { encapsulation: true });
    validateXmitSkb(k, inner, deviceWith(NETIF_F_HW_CSUM, { hwEncFeatures: NETIF_F_HW_CSUM }));
    expect(inner.innerTransportHeader).toBe(inner.csumStart);
  });

  test("a checksum field outside of the packet: dropped", () => {
    const skb = frame();
    skb.csumOffset = 500;
    expect(validate(skb, 0)).toEqual({ list: null, dropReason: "checksum" });
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });
});

describe("validate_xmit_skb_list and dev_queue_xmit", () => {
  const twoSegments: GsoSegment = (_k, skb) => {
    const first = makeSkb(skb.mem, { linear: 1 });
    first.next = first.prev = makeSkb(skb.mem, { linear: 2 });
    return first;
  };

  test("results are joined by prev, drops left out", () => {
    const first = gso();
    const bad = frame();
    bad.csumOffset = 500;
    const last = frame();
    first.next = bad;
    bad.next = last;
    const { list, dropReason } = validateXmitSkbList(kernelWith(twoSegments), first, deviceWith(0));
    expect(chain(list).map(({ len }) => len)).toEqual([1, 2, last.len]);
    expect(dropReason).toBe("checksum");
  });

  test("prev == NULL and a further packet: NULLDEREF(xmit-tail)", () => {
    const first = gso();
    first.next = frame();
    const withoutPrev = kernelWith((_k, skb) => makeSkb(skb.mem, { linear: 1 }));
    expect(faultOf(() => validateXmitSkbList(withoutPrev, first, deviceWith(0)))).toBe("NULLDEREF(xmit-tail)");
    const alone = gso();
    expect(faultOf(() => validateXmitSkbList(withoutPrev, alone, deviceWith(0)))).toBe("");
  });

  test("each segment is handed to the driver by itself", () => {
    const device = deviceWith(NETIF_F_SG | NETIF_F_GSO_PARTIAL);
    expect(devQueueXmit(kernelWith(twoSegments), gso(), device)).toBe("");
    expect(device.sent.map(({ len, next }) => [len, next])).toEqual([
      [1, null],
      [2, null],
    ]);
    expect(
      devQueueXmit(
        kernelWith(() => -EINVAL),
        gso(),
        device,
      ),
    ).toBe("gso-segment");
    expect(device.sent).toHaveLength(2);
  });

  test("a device hears what did not get to it, and why", () => {
    const heard: string[] = [];
    const device = { ...deviceWith(NETIF_F_SG), txDropped: (reason: string) => void heard.push(reason) };
    const bad = frame();
    bad.csumOffset = 500;
    devQueueXmit(kernelWith(twoSegments), bad, device);
    devQueueXmit(kernelWith(twoSegments), frame(), device);
    expect(heard).toEqual(["checksum"]);
  });
});
