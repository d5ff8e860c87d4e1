import { describe, expect, test } from "vitest";
import {
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_FRAGLIST,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HIGHDMA,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SG,
  NETIF_F_TSO,
  NETIF_F_TSO_ECN,
  NETIF_F_TSO_MANGLEID,
  NETIF_F_TSO6,
  SKB_GSO_DODGY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { makeMemory, makeSkb, type Shape } from "../../skb/testing/make.js";
import { ETH_P_ARP, ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { canChecksumProtocol, netGsoOk, skbGsoOk, skbIsGso, skbNeedsLinearize } from "./features.js";
import { derivedFeatures, netdevFixFeatures } from "./NetDevice.js";

const made = (shape: Shape) => makeSkb(makeMemory(), shape);

describe("can_checksum_protocol", () => {
  test.each([
    ["HW_CSUM sums anything", NETIF_F_HW_CSUM, [true, true, true]],
    ["IP_CSUM sums IPv4", NETIF_F_IP_CSUM, [true, false, false]],
    ["IPV6_CSUM sums IPv6", NETIF_F_IPV6_CSUM, [false, true, false]],
    ["neither sums nothing", NETIF_F_SG, [false, false, false]],
  ])("%s", (_name, features, expected) => {
    expect([ETH_P_IP, ETH_P_IPV6, ETH_P_ARP].map((protocol) => canChecksumProtocol(features, protocol))).toEqual(
      expected,
    );
  });
});

describe("net_gso_ok and skb_gso_ok", () => {
  test("every bit of the type needs its feature", () => {
    const type = SKB_GSO_UDP_L4 | SKB_GSO_DODGY;
    expect(netGsoOk(NETIF_F_GSO_UDP_L4, type)).toBe(false);
    expect(netGsoOk(NETIF_F_GSO_UDP_L4 | SKB_GSO_DODGY, type)).toBe(true);
    expect(netGsoOk(0, 0)).toBe(true);
  });

  test("a frag_list needs NETIF_F_FRAGLIST besides", () => {
    const skb = made({ linear: 8, members: [{ linear: 8 }], gsoSize: 8, gsoType: SKB_GSO_FRAGLIST });
    expect(skbGsoOk(skb, NETIF_F_GSO_FRAGLIST)).toBe(false);
    expect(skbGsoOk(skb, NETIF_F_GSO_FRAGLIST | NETIF_F_FRAGLIST)).toBe(true);
  });

  test("a packet is GSO by its gso_size, whatever its type", () => {
    expect(skbIsGso(made({ linear: 8, gsoSize: 1 }))).toBe(true);
    expect(skbIsGso(made({ linear: 8, gsoType: SKB_GSO_UDP_L4 }))).toBe(false);
  });
});

describe("skb_needs_linearize", () => {
  test.each<[string, Shape, number, boolean]>([
    ["linear", { linear: 8 }, 0, false],
    ["fragments without SG", { linear: 8, frags: [8] }, NETIF_F_FRAGLIST, true],
    ["fragments with SG", { linear: 8, frags: [8] }, NETIF_F_SG, false],
    ["a list without FRAGLIST", { linear: 8, members: [{ linear: 8 }] }, NETIF_F_SG, true],
    ["a list with FRAGLIST", { linear: 8, members: [{ linear: 8 }] }, NETIF_F_FRAGLIST, false],
    ["both with FRAGLIST alone", { linear: 8, frags: [1], members: [{ linear: 8 }] }, NETIF_F_FRAGLIST, true],
  ])("%s: %s", (_name, shape, features, expected) => {
    expect(skbNeedsLinearize(made(shape), features)).toBe(expected);
  });
});

describe("netdev_fix_features", () => {
  const CSUM = NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM;
  test.each([
    ["HW_CSUM together with IP_CSUM or IPV6_CSUM", NETIF_F_HW_CSUM | CSUM, NETIF_F_HW_CSUM],
    ["any ALL_TSO without SG", NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO6, NETIF_F_HW_CSUM],
    [
      "TSO without HW_CSUM and without IP_CSUM",
      NETIF_F_SG | NETIF_F_IPV6_CSUM | NETIF_F_TSO | NETIF_F_TSO_ECN,
      NETIF_F_SG | NETIF_F_IPV6_CSUM,
    ],
    ["TSO6 without IPV6_CSUM", NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_TSO6, NETIF_F_SG | NETIF_F_IP_CSUM],
    ["TSO_MANGLEID without TSO", NETIF_F_SG | CSUM | NETIF_F_TSO_MANGLEID, NETIF_F_SG | CSUM],
    ["ALL_TSO consists of TSO_ECN only", NETIF_F_SG | CSUM | NETIF_F_TSO_ECN, NETIF_F_SG | CSUM],
    ["GSO_UDP_L4 with one family's checksum", NETIF_F_IP_CSUM | NETIF_F_GSO_UDP_L4, NETIF_F_IP_CSUM],
    ["GSO_UDP_L4 with both families'", CSUM | NETIF_F_GSO_UDP_L4, CSUM | NETIF_F_GSO_UDP_L4],
    ["a sound set", NETIF_F_SG | CSUM | NETIF_F_TSO | NETIF_F_TSO6, NETIF_F_SG | CSUM | NETIF_F_TSO | NETIF_F_TSO6],
  ])("%s", (_name, given, expected) => {
    expect(netdevFixFeatures(given)).toBe(expected);
  });

  test("registration derives the other words, and drops partial features without GSO_PARTIAL", () => {
    expect(derivedFeatures(NETIF_F_SG, NETIF_F_GSO_UDP_L4)).toEqual({
      features: NETIF_F_SG,
      hwEncFeatures: NETIF_F_SG | NETIF_F_GSO_PARTIAL,
      vlanFeatures: NETIF_F_SG | NETIF_F_HIGHDMA,
      mplsFeatures: NETIF_F_SG,
      mangleidFeatures: NETIF_F_TSO_MANGLEID,
      gsoPartialFeatures: 0,
    });
    expect(derivedFeatures(NETIF_F_GSO_PARTIAL, NETIF_F_GSO_UDP_L4).gsoPartialFeatures).toBe(NETIF_F_GSO_UDP_L4);
  });
});
