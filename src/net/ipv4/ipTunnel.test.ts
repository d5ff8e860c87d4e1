import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
} from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import { putBytes, readU16, writeU16 } from "../../skb/bytes.js";
import { ENOMEM } from "../../skb/errno.js";
import { Reference } from "../../skb/Reference.js";
import { PACKET_HOST, PACKET_OTHERHOST, type SkBuff } from "../../skb/SkBuff.js";
import { clonesOf, failAllocations, makeMemory, makeSkb, payload, type Shape } from "../../skb/testing/make.js";
import { onTheWire, slowSum } from "../testing/nestedPackets.js";
import { iptunnelHandleOffloads, skbScrubPacket, udpSetCsum } from "./ipTunnel.js";

/** `data` at the MAC header of what is to go into a tunnel. */
function inner(shape: Shape = {}): SkBuff {
  const skb = makeSkb(makeMemory(), { linear: 80, ...shape });
  skb.macHeader = skb.data;
  skb.networkHeader = skb.data + 14;
  skb.transportHeader = skb.data + 34;
  return skb;
}

describe("iptunnel_handle_offloads", () => {
  test("a GSO packet becomes the inner one, and its type gains the tunnel's", () => {
    const skb = inner({ gsoSize: 10, gsoType: SKB_GSO_UDP_L4 });
    expect(iptunnelHandleOffloads(skb, SKB_GSO_UDP_TUNNEL)).toBe(0);
    expect(skb.shinfo.gsoType).toBe(SKB_GSO_UDP_L4 | SKB_GSO_UDP_TUNNEL);
    expect(skb.encapsulation).toBe(true);
    expect([skb.innerMacHeader, skb.innerNetworkHeader, skb.innerTransportHeader]).toEqual([
      skb.data,
      skb.data + 14,
      skb.data + 34,
    ]);
  });

  test("a packet that is inside a tunnel already keeps its inner headers", () => {
    const skb = inner({ gsoSize: 10, gsoType: SKB_GSO_UDP_L4 });
    skb.encapsulation = true;
    skb.innerNetworkHeader = 7;
    iptunnelHandleOffloads(skb, SKB_GSO_UDP_TUNNEL);
    expect(skb.innerNetworkHeader).toBe(7);
  });

  test("the type of a cloned packet changes for this clone alone", () => {
    const skb = inner({ gsoSize: 10, gsoType: SKB_GSO_UDP_L4 });
    const [clone] = clonesOf(skb, 1) as [SkBuff];
    expect(iptunnelHandleOffloads(clone, SKB_GSO_UDP_TUNNEL)).toBe(0);
    expect(skb.shinfo.gsoType).toBe(SKB_GSO_UDP_L4);
  });

  test("without memory for that the errno comes back, and the type stays", () => {
    const skb = inner({ gsoSize: 10, gsoType: SKB_GSO_UDP_L4 });
    const [clone] = clonesOf(skb, 1) as [SkBuff];
    failAllocations(skb.mem, 1);
    expect(iptunnelHandleOffloads(clone, SKB_GSO_UDP_TUNNEL)).toBe(-ENOMEM);
    expect(clone.shinfo.gsoType).toBe(SKB_GSO_UDP_L4);
  });

  test.each([
    ["NONE", CHECKSUM_NONE, CHECKSUM_NONE, false],
    ["UNNECESSARY", CHECKSUM_UNNECESSARY, CHECKSUM_NONE, false],
    ["COMPLETE", CHECKSUM_COMPLETE, CHECKSUM_NONE, false],
    ["PARTIAL", CHECKSUM_PARTIAL, CHECKSUM_PARTIAL, true],
  ])(
    "a plain packet with %s: only a partial inner checksum keeps it known as encapsulated",
    (_, before, after, inside) => {
      const skb = inner();
      skb.ipSummed = before;
      expect(iptunnelHandleOffloads(skb, SKB_GSO_UDP_TUNNEL)).toBe(0);
      expect([skb.ipSummed, skb.encapsulation, skb.shinfo.gsoType]).toEqual([after, inside, 0]);
    },
  );
});

describe("udp_set_csum and udp6_set_csum", () => {
  const families = [
    ["IPv4", Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 2)],
    ["IPv6", new Uint8Array(16).fill(0xfd), new Uint8Array(16).fill(0xfe)],
  ] as const;

  /** The UDP packet at `data` with its pseudo header: 0 when its checksum is right. */
  const verified = (bytes: Uint8Array, saddr: Uint8Array, daddr: Uint8Array): number =>
    0xffff - slowSum(bytes, slowSum(concat([saddr, daddr]), 17 + bytes.length));

  const outer = (shape: Shape = {}): SkBuff => {
    const skb = makeSkb(makeMemory(), { linear: 61, ...shape });
    skb.transportHeader = skb.data;
    return skb;
  };

  test.each(families)("%s, without a checksum: the field is 0", (_, saddr, daddr) => {
    const skb = outer();
    udpSetCsum(true, skb, { saddr, daddr }, skb.len);
    expect([readU16(skb, skb.data + 6), skb.ipSummed]).toEqual([0, CHECKSUM_NONE]);
  });

  test.each(families)(
    "%s, a GSO packet: the pseudo-header sum of the whole, and nothing else changes",
    (_, saddr, daddr) => {
      const skb = outer({ gsoSize: 10 });
      udpSetCsum(false, skb, { saddr, daddr }, skb.len);
      expect(readU16(skb, skb.data + 6)).toBe(slowSum(concat([saddr, daddr]), 17 + 61));
      expect(skb.ipSummed).toBe(CHECKSUM_NONE);
    },
  );

  test.each(families)("%s, a complete inner packet: the device is to finish the outer checksum", (_, saddr, daddr) => {
    const skb = outer();
    udpSetCsum(false, skb, { saddr, daddr }, skb.len);
    expect([skb.ipSummed, skb.csumStart, skb.csumOffset]).toEqual([CHECKSUM_PARTIAL, skb.transportHeader, 6]);
    expect(verified(onTheWire(skb), saddr, daddr)).toBe(0);
  });

  test.each(families)(
    "%s, a partial inner checksum: the outer one is right once the inner one is finished",
    (_, saddr, daddr) => {
      const skb = outer();
      skb.ipSummed = CHECKSUM_PARTIAL;
      [skb.csumStart, skb.csumOffset] = [skb.data + 30, 6];
      const field = 30 + 6;
      // The inner pseudo-header sum, whatever it is.
      writeU16(skb, skb.data + field, 0x1234);
      udpSetCsum(false, skb, { saddr, daddr }, skb.len);
      expect([skb.csumStart, skb.csumOffset]).toEqual([skb.data + 30, 6]);
      expect(verified(onTheWire(skb), saddr, daddr)).toBe(0);
    },
  );

  test("a sum of 0 is written as ones", () => {
    const [, saddr, daddr] = families[0];
    const skb = outer({ linear: 40 });
    putBytes(skb, skb.data, new Uint8Array(40));
    skb.ipSummed = CHECKSUM_PARTIAL;
    [skb.csumStart, skb.csumOffset] = [skb.data + 20, 6];
    // So that the rest of what is summed, complemented, comes to 0.
    writeU16(skb, skb.data + 10, 0xffff - slowSum(concat([saddr, daddr]), 17 + 40));
    writeU16(skb, skb.data + 26, 0xffff);
    udpSetCsum(false, skb, { saddr, daddr }, skb.len);
    expect(readU16(skb, skb.data + 6)).toBe(0xffff);
  });
});

test("skb_scrub_packet drops what belongs to where the packet came from", () => {
  const skb = makeSkb(makeMemory(), { linear: 20 });
  const held = ["dst", "extensions", "nfct"] as const;
  const references = held.map((name) => {
    const reference = new Reference(skb.mem, name).hold();
    skb[name] = reference;
    return reference;
  });
  skb.pktType = PACKET_OTHERHOST;
  skb.ignoreDf = true;
  skbScrubPacket(skb);
  expect(held.map((name) => skb[name])).toEqual([null, null, null]);
  expect(references.map(({ refs }) => refs)).toEqual([1, 1, 1]);
  expect([skb.pktType, skb.ignoreDf]).toEqual([PACKET_HOST, false]);
  expect(skb.len).toBe(payload(20).length);
});
