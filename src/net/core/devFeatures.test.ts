/** Features of packets that are TCP, SCTP, labelled or encapsulated, and what validation does with them. */
import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_MASK,
  NETIF_F_GSO_SCTP,
  NETIF_F_GSO_UDP_TUNNEL,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SCTP_CRC,
  NETIF_F_SG,
  NETIF_F_TSO,
  NETIF_F_TSO_MANGLEID,
  NETIF_F_TSO6,
  SKB_GSO_SCTP,
  SKB_GSO_TCP_FIXEDID,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_UDP_TUNNEL,
} from "../../abi/features.js";
import { putBytes, readU32, writeU16 } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { alive, flatten, makeMemory, NOTHING_ALIVE } from "../../skb/testing/make.js";
import { ETH_P_MPLS_MC, ETH_P_MPLS_UC } from "../../wire/ethernet.js";
import { sctpChecksum } from "../../wire/sctp.js";
import { fixedSeams } from "../fixedSeams.js";
import { offloads } from "../offloads.js";
import { checksumHolds, kernelOf, tcpStream } from "../testing/tcpPackets.js";
import { devQueueXmit, netifSkbFeatures, validateXmitSkb } from "./dev.js";
import { type NetDevice, netDevice } from "./NetDevice.js";

const k = { ...fixedSeams, offloads };
const TSO = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_MANGLEID;

function deviceWith(features: number, own: Partial<NetDevice> = {}): NetDevice & { readonly sent: SkBuff[] } {
  const sent: SkBuff[] = [];
  return { ...netDevice("nic", features, { startXmit: (skb) => sent.push(skb), ...own }), sent };
}

const featuresOf = (skb: SkBuff, device: NetDevice): number => netifSkbFeatures(k, skb, device);
const withoutDf = (skb: SkBuff, network = skb.networkHeader): SkBuff => {
  writeU16(skb, network + 6, 0);
  return skb;
};

/** The same packet with headers of its own declared to be those inside a tunnel. */
function encapsulated(skb: SkBuff): SkBuff {
  skb.encapsulation = true;
  skb.innerNetworkHeader = skb.networkHeader;
  skb.innerTransportHeader = skb.transportHeader;
  skb.networkHeader = skb.data;
  return skb;
}

describe("identifications that the device may mangle", () => {
  const tso = deviceWith(TSO);
  const stream = (gsoType = SKB_GSO_TCPV4): SkBuff => tcpStream({}, { linear: 30, gsoSize: 10, gsoType });

  test("with DF it may, without it may not", () => {
    expect(featuresOf(stream(), tso)).toBe(TSO);
    expect(featuresOf(withoutDf(stream()), tso)).toBe(TSO & ~NETIF_F_TSO_MANGLEID);
  });

  test("everything the device names is dropped with it", () => {
    const naming = deviceWith(TSO, { mangleidFeatures: NETIF_F_TSO_MANGLEID | NETIF_F_TSO });
    expect(featuresOf(withoutDf(stream()), naming) & (NETIF_F_TSO_MANGLEID | NETIF_F_TSO)).toBe(0);
  });

  test("a packet whose identification is to stay the same goes whole with DF, and to software without", () => {
    const fixed = (): SkBuff => stream(SKB_GSO_TCPV4 | SKB_GSO_TCP_FIXEDID);
    const [whole, cut] = [deviceWith(TSO), deviceWith(TSO)];
    expect(devQueueXmit(k, fixed(), whole)).toBe("");
    expect(whole.sent).toHaveLength(1);
    const strict = { ...k, gso: { ...k.gso, fixedIdNeedsDf: () => true } };
    expect(devQueueXmit(strict, withoutDf(fixed()), cut)).toBe("gso-segment");
    expect(cut.sent).toHaveLength(0);
  });

  test("in a tunnel the inner header counts", () => {
    const all = deviceWith(TSO, { hwEncFeatures: -1 });
    expect(featuresOf(encapsulated(stream()), all)).toBe(TSO);
    const inner = encapsulated(withoutDf(stream()));
    expect(featuresOf(inner, all)).toBe(TSO & ~NETIF_F_TSO_MANGLEID);
  });

  test("a header that is not there counts as one without DF", () => {
    const skb = stream();
    skb.networkHeader = skb.tail;
    skb.transportHeader = 0xffff;
    expect(featuresOf(skb, deviceWith(TSO)) & NETIF_F_TSO_MANGLEID).toBe(0);
  });

  test("TCPv6 has no identification", () => {
    const skb = tcpStream({ family: "ipv6" }, { linear: 30, gsoSize: 10, gsoType: SKB_GSO_TCPV6 });
    expect(featuresOf(skb, deviceWith(TSO))).toBe(TSO);
  });
});

describe("IPv6 extension headers", () => {
  const CSUM6 = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_TSO6;

  test("the jumbo header does not count: it is taken out before anything is sent", () => {
    const skb = tcpStream(
      { family: "ipv6" },
      { linear: 8, frags: [66_000], gsoSize: 1440 },
      makeMemory("identity", 1 << 18),
    );
    putBytes(skb, skb.networkHeader + 6, Uint8Array.of(0));
    putBytes(skb, skb.networkHeader + 40, Uint8Array.of(6, 0, 0xc2, 4));
    const device = deviceWith(CSUM6, { gsoMaxSize: 200_000 });
    expect(featuresOf(skb, device)).toBe(CSUM6);
    expect(validateXmitSkb(k, skb, device).list).toBe(skb);
    expect([skb.ipSummed, skb.mem.warnings]).toEqual([CHECKSUM_PARTIAL, []]);
    putBytes(skb, skb.networkHeader + 42, Uint8Array.of(5));
    expect(featuresOf(skb, device)).toBe(NETIF_F_SG);
  });

  test("inside a tunnel they keep a checksum from the device", () => {
    const device = deviceWith(CSUM6, { hwEncFeatures: -1 });
    const skb = encapsulated(tcpStream({ family: "ipv6" }, { linear: 30 }));
    const other = encapsulated(tcpStream({ family: "ipv6" }, { linear: 30 }));
    putBytes(other, other.innerNetworkHeader + 6, Uint8Array.of(60));
    for (const one of [skb, other]) validateXmitSkb(k, one, device);
    expect([skb.ipSummed, other.ipSummed]).toEqual([CHECKSUM_PARTIAL, CHECKSUM_NONE]);
  });

  test("a kernel may be asked to look at lengths only", () => {
    const stopped = { ...k, dev: { ...k.dev, csumStoppedByExtensionHeader: () => true } };
    const skb = tcpStream({ family: "ipv6" }, { linear: 30 });
    validateXmitSkb(stopped, skb, deviceWith(CSUM6));
    expect([skb.ipSummed, checksumHolds(skb)]).toEqual([CHECKSUM_NONE, true]);
  });
});

describe("MPLS", () => {
  test.each([ETH_P_MPLS_UC, ETH_P_MPLS_MC])("protocol %i: only what the device does below labels", (protocol) => {
    const labelled = Object.assign(tcpStream({}, { linear: 30 }), { protocol });
    const device = deviceWith(TSO, { mplsFeatures: NETIF_F_SG | NETIF_F_HW_CSUM });
    expect(featuresOf(labelled, device)).toBe(NETIF_F_SG | NETIF_F_HW_CSUM);
    expect(featuresOf(labelled, deviceWith(TSO))).toBe(NETIF_F_SG);
  });
});

describe("SCTP", () => {
  const HEADERS = 34;
  function sctp(gso = false): SkBuff {
    const skb = tcpStream({}, { linear: 30, gsoType: gso ? SKB_GSO_SCTP : 0, gsoSize: gso ? 10 : 0 });
    putBytes(skb, skb.networkHeader + 9, Uint8Array.of(132));
    putBytes(skb, skb.transportHeader + 8, new Uint8Array(4));
    skb.csumNotInet = true;
    skb.csumOffset = 8;
    return skb;
  }

  test("HW_CSUM is no help: the CRC is computed here", () => {
    const skb = sctp();
    const device = deviceWith(NETIF_F_SG | NETIF_F_HW_CSUM);
    expect(devQueueXmit(k, skb, device)).toBe("");
    expect(device.sent).toEqual([skb]);
    expect([skb.ipSummed, skb.csumNotInet]).toEqual([CHECKSUM_NONE, false]);
    const frame = flatten(skb);
    frame.fill(0, HEADERS + 8, HEADERS + 12);
    expect(readU32(skb, skb.transportHeader + 8)).toBe(sctpChecksum(frame, HEADERS, frame.length - HEADERS));
  });

  test("SCTP_CRC leaves it to the device", () => {
    const skb = sctp();
    validateXmitSkb(k, skb, deviceWith(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_SCTP_CRC));
    expect([skb.ipSummed, skb.csumNotInet]).toEqual([CHECKSUM_PARTIAL, true]);
  });

  test("a device with both offloads gets the GSO packet whole", () => {
    const device = deviceWith(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_SCTP_CRC | NETIF_F_GSO_SCTP | NETIF_F_FRAGLIST);
    const skb = sctp(true);
    devQueueXmit(k, skb, device);
    expect(device.sent).toEqual([skb]);
  });

  test("a field outside of the packet: dropped and freed", () => {
    const skb = sctp();
    skb.csumStart = skb.tail;
    expect(validateXmitSkb(k, skb, deviceWith(NETIF_F_HW_CSUM))).toEqual({ list: null, dropReason: "checksum" });
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });
});

describe("TCP on the way out", () => {
  test("a device that names no TSO gets segments, one with TSO the packet", () => {
    for (const [features, frames] of [
      [NETIF_F_SG | NETIF_F_HW_CSUM, 3],
      [TSO, 1],
    ] as const) {
      const device = deviceWith(features);
      expect(devQueueXmit(kernelOf(), tcpStream({}, { linear: 30, gsoSize: 10 }), device)).toBe("");
      expect(device.sent).toHaveLength(frames);
      expect(device.sent.every(checksumHolds)).toBe(true);
    }
  });

  test("encapsulated: what the device does inside a tunnel decides, and the inner transport header is set", () => {
    const type = SKB_GSO_TCPV4 | SKB_GSO_UDP_TUNNEL;
    const tunnel = NETIF_F_GSO_UDP_TUNNEL;
    const able = deviceWith(TSO | tunnel, { hwEncFeatures: TSO | tunnel });
    const skb = encapsulated(tcpStream({}, { linear: 30, gsoSize: 10, gsoType: type }));
    skb.innerTransportHeader = 0;
    expect(validateXmitSkb(k, skb, able).list).toBe(skb);
    expect(skb.innerTransportHeader).toBe(skb.csumStart);
    const unable = encapsulated(tcpStream({}, { linear: 30, gsoSize: 10, gsoType: type }));
    expect(featuresOf(unable, deviceWith(TSO | tunnel)) & NETIF_F_GSO_MASK).toBe(0);
  });
});
