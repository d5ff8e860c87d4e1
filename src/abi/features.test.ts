import { describe, expect, test } from "vitest";
import {
  featureNames,
  gsoTypeNames,
  NETIF_F_ALL_TSO,
  NETIF_F_CSUM_MASK,
  NETIF_F_GSO_ENCAP_ALL,
  NETIF_F_GSO_MASK,
  NETIF_F_GSO_SOFTWARE,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_HW_ESP_TX_CSUM,
  NETIF_F_SG,
  SKB_GSO_DODGY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP_L4,
} from "./features.js";

describe("features", () => {
  test("a type and the feature it needs are the same bit", () => {
    expect(NETIF_F_GSO_UDP_L4).toBe(SKB_GSO_UDP_L4);
    expect(SKB_GSO_UDP_L4 & NETIF_F_GSO_MASK).toBe(SKB_GSO_UDP_L4);
  });

  test("every feature fits a positive 32-bit integer", () => {
    expect(NETIF_F_HW_ESP_TX_CSUM).toBe(0x40000000);
    expect(NETIF_F_HW_ESP_TX_CSUM | NETIF_F_SG).toBeGreaterThan(0);
  });

  test("the groups hold their members", () => {
    expect(NETIF_F_GSO_MASK).toBe(SKB_GSO_FRAGLIST * 2 - 1);
    expect(featureNames(NETIF_F_CSUM_MASK)).toBe("IP_CSUM HW_CSUM IPV6_CSUM");
    expect(featureNames(NETIF_F_ALL_TSO)).toBe("TSO TSO_ECN TSO_MANGLEID TSO6");
    expect(featureNames(NETIF_F_GSO_SOFTWARE)).toBe("TSO TSO_ECN TSO_MANGLEID TSO6 GSO_SCTP GSO_UDP_L4 GSO_FRAGLIST");
    expect(featureNames(NETIF_F_GSO_ENCAP_ALL)).toBe(
      "GSO_GRE GSO_GRE_CSUM GSO_IPXIP4 GSO_IPXIP6 GSO_UDP_TUNNEL GSO_UDP_TUNNEL_CSUM",
    );
  });

  test("words are spelt out in bit order", () => {
    expect(featureNames(NETIF_F_HW_CSUM | NETIF_F_SG)).toBe("SG HW_CSUM");
    expect(gsoTypeNames(SKB_GSO_FRAGLIST | SKB_GSO_DODGY)).toBe("DODGY FRAGLIST");
    expect(gsoTypeNames(0)).toBe("none");
    expect(gsoTypeNames(1 << 25)).toBe("bit25");
  });
});
