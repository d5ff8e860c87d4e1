import { describe, expect, test } from "vitest";
import {
  GSO_BY_FRAGS,
  SKB_GSO_DODGY,
  SKB_GSO_SCTP,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
} from "../../abi/features.js";
import { putBytes } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { makeMemory, makeSkb, type Shape } from "../../skb/testing/make.js";
import {
  skbGsoMacSeglen,
  skbGsoNetworkSeglen,
  skbGsoTransportSeglen,
  skbGsoValidateMacLen,
  skbGsoValidateNetworkLen,
} from "./gsoLength.js";

/** Ethernet 14, IP 20, and a transport header that says it has 32 bytes; inside a tunnel the same again. */
function packet(gsoType: number, shape: Shape = {}): SkBuff {
  const skb = makeSkb(makeMemory(), { linear: 200, gsoSize: 1000, gsoType, ...shape });
  skb.macHeader = skb.data;
  skb.networkHeader = skb.data + 14;
  skb.transportHeader = skb.data + 34;
  skb.innerTransportHeader = skb.data + 100;
  putBytes(skb, skb.transportHeader + 12, Uint8Array.of(0x80));
  putBytes(skb, skb.innerTransportHeader + 12, Uint8Array.of(0x60));
  return skb;
}

describe("skb_gso_transport_seglen", () => {
  test.each([
    ["TCPv4: the header with its options", SKB_GSO_TCPV4, 1032],
    ["TCPv6", SKB_GSO_TCPV6 | SKB_GSO_DODGY, 1032],
    ["SCTP", SKB_GSO_SCTP, 1012],
    ["UDP_L4", SKB_GSO_UDP_L4, 1008],
    ["UFO: gso_size has it", SKB_GSO_UDP, 1000],
  ])("%s", (_name, type, expected) => {
    expect(skbGsoTransportSeglen(packet(type))).toBe(expected);
  });

  test.each([
    ["inner TCP: outer headers and the inner one", SKB_GSO_UDP_TUNNEL | SKB_GSO_TCPV4, 66 + 24 + 1000],
    ["inner UDP: its header is not added", SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_L4, 66 + 1000],
  ])("encapsulated, %s", (_name, type, expected) => {
    const skb = packet(type);
    skb.encapsulation = true;
    expect(skbGsoTransportSeglen(skb)).toBe(expected);
  });
});

test("network and MAC segment lengths add the headers in front", () => {
  const skb = packet(SKB_GSO_TCPV4);
  expect([skbGsoNetworkSeglen(skb), skbGsoMacSeglen(skb)]).toEqual([1052, 1066]);
});

describe("skb_gso_validate_network_len and skb_gso_validate_mac_len", () => {
  test("a length that just fits, and one that does not", () => {
    const skb = packet(SKB_GSO_TCPV4);
    expect([1052, 1051].map((mtu) => skbGsoValidateNetworkLen(skb, mtu))).toEqual([true, false]);
    expect([1066, 1065].map((len) => skbGsoValidateMacLen(skb, len))).toEqual([true, false]);
  });

  test("cut by members: the longest linear part counts", () => {
    const skb = packet(SKB_GSO_SCTP, {
      gsoSize: GSO_BY_FRAGS,
      members: [{ linear: 300 }, { linear: 500, frags: [900] }, { linear: 400 }],
    });
    expect([532, 531].map((mtu) => skbGsoValidateNetworkLen(skb, mtu))).toEqual([true, false]);
    expect([546, 545].map((len) => skbGsoValidateMacLen(skb, len))).toEqual([true, false]);
  });

  test("cut by members, of which there are none: everything fits", () => {
    expect(skbGsoValidateNetworkLen(packet(SKB_GSO_SCTP, { gsoSize: GSO_BY_FRAGS }), 0)).toBe(true);
  });
});
