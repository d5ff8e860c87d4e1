import { describe, expect, test } from "vitest";
import { putU16 } from "../../bytes/view.js";
import { putBytes } from "../../skb/bytes.js";
import { HEADER_UNSET, type SkBuff } from "../../skb/SkBuff.js";
import { makeMemory, makeSkb } from "../../skb/testing/make.js";
import { ETH_P_8021AD, ETH_P_8021Q, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { emitIpv6Extension, type Ipv6ExtensionKind, ipv6ExtensionLength, nexthdrOf } from "../../wire/ipv6Ext.js";
import { IPPROTO_UDP } from "../../wire/udp.js";
import { ipFindUdp, skbProbeTransportHeader } from "./transportHeader.js";

/** A packet of these bytes, of which `linear` are linear; `data` at its start, as behind the Ethernet header. */
function packet(protocol: number, bytes: Uint8Array, linear = bytes.length): SkBuff {
  const skb = makeSkb(makeMemory(), {
    tailroom: 200,
    linear,
    frags: linear < bytes.length ? [bytes.length - linear] : [],
  });
  putBytes(skb, skb.data, bytes.subarray(0, linear));
  const frag = skb.head.shinfo.seen().frags[0];
  if (frag !== undefined) skb.mem.arena.bytes.set(bytes.subarray(linear), frag.page.base + frag.offset);
  skb.protocol = protocol;
  return skb;
}

function ipv4(ihl = 5, proto = IPPROTO_UDP): Uint8Array {
  const bytes = new Uint8Array(Math.max(20, ihl * 4) + 8);
  bytes[0] = 0x40 | ihl;
  bytes[9] = proto;
  return bytes;
}

function ipv6(kinds: readonly Ipv6ExtensionKind[], proto = IPPROTO_UDP): Uint8Array {
  const lengths = kinds.map((kind) => ipv6ExtensionLength(kind, 0));
  const bytes = new Uint8Array(40 + lengths.reduce((sum, length) => sum + length, 0) + 8);
  const numbers = [...kinds.map(nexthdrOf), proto];
  bytes[0] = 0x60;
  bytes[6] = numbers[0] as number;
  let at = 40;
  kinds.forEach((kind, i) => {
    at += emitIpv6Extension(bytes, at, kind, 0, numbers[i + 1] as number);
  });
  return bytes;
}

describe("skb_probe_transport_header", () => {
  const probed = (skb: SkBuff): number => {
    skbProbeTransportHeader(skb);
    return skb.transportHeader === HEADER_UNSET ? -1 : skb.transportHeader - skb.data;
  };

  test.each([
    ["IPv4", ETH_P_IP, ipv4(), 20],
    ["IPv4 with options", ETH_P_IP, ipv4(8), 32],
    ["IPv4 with an impossible length", ETH_P_IP, ipv4(4), -1],
    ["IPv4 cut short", ETH_P_IP, ipv4().subarray(0, 19), -1],
    ["IPv6", ETH_P_IPV6, ipv6([]), 40],
    ["IPv6 with extension headers", ETH_P_IPV6, ipv6(["hop-by-hop", "routing", "home-address"]), 80],
    ["IPv6 cut short", ETH_P_IPV6, ipv6([]).subarray(0, 39), -1],
    ["IPv6 cut in an extension header", ETH_P_IPV6, ipv6(["hop-by-hop"]).subarray(0, 41), -1],
    ["neither", ETH_P_ARP, ipv4(), -1],
  ])("%s", (_name, protocol, bytes, expected) => {
    expect(probed(packet(protocol, bytes))).toBe(expected);
  });

  test("behind VLAN tags, in whatever fragments", () => {
    const tags = Uint8Array.of(0, 1, 0, 0, 0, 2, 0, 0);
    putU16(tags, 2, ETH_P_8021AD);
    putU16(tags, 6, ETH_P_IP);
    expect(probed(packet(ETH_P_8021Q, Uint8Array.of(...tags, ...ipv4()), 3))).toBe(28);
    expect(probed(packet(ETH_P_8021Q, tags.subarray(0, 2)))).toBe(-1);
  });

  test("does not touch what NEEDS_CSUM has set", () => {
    const skb = packet(ETH_P_IP, ipv4());
    skb.transportHeader = 77;
    skbProbeTransportHeader(skb);
    expect(skb.transportHeader).toBe(77);
  });
});

describe("the UDP header of a received packet", () => {
  test("is found behind options and extension headers, and made linear", () => {
    const skb = packet(ETH_P_IPV6, ipv6(["destination"]), 10);
    expect(ipFindUdp(skb, IPPROTO_UDP)).toBe(true);
    expect([skb.transportHeader - skb.data, skb.headlen]).toEqual([48, 48]);
  });

  test.each([
    ["another protocol", packet(ETH_P_IP, ipv4(5, 6))],
    ["headers that are not all there", packet(ETH_P_IP, ipv4().subarray(0, 10))],
    ["a version that does not match", packet(ETH_P_IPV6, Uint8Array.of(0x45, ...ipv6([]).subarray(1)))],
  ])("not in a packet with %s", (_name, skb) => {
    expect(ipFindUdp(skb, IPPROTO_UDP)).toBe(false);
  });
});
