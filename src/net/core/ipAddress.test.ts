import { describe, expect, test } from "vitest";
import { ip4, ip6 } from "../testing/router.js";
import {
  broadcastOf,
  ipv4IsLbcast,
  ipv6AddrLinklocal,
  ipv6AddrLoopback,
  ipv6AddrMcScope,
  isAnyAddress,
  isInPrefix,
  isMulticastAddress,
} from "./ipAddress.js";

describe("prefixes", () => {
  test.each<[string, string, number, boolean]>([
    ["10.0.0.1", "10.0.0.254", 24, true],
    ["10.0.1.1", "10.0.0.254", 24, false],
    ["10.0.1.1", "10.0.0.254", 23, true],
    ["10.0.2.1", "10.0.0.254", 23, false],
    ["192.0.2.1", "0.0.0.0", 0, true],
    ["10.0.0.1", "10.0.0.2", 32, false],
  ])("%s is in %s/%i: %s", (address, network, bits, expected) => {
    expect(isInPrefix(ip4(address), { address: ip4(network), bits })).toBe(expected);
  });

  test("of the other family contain nothing", () => {
    expect(isInPrefix(ip6("fd00::1"), { address: ip4("0.0.0.0"), bits: 0 })).toBe(false);
    expect(isInPrefix(ip6("fd00::1"), { address: ip6("fd00::254"), bits: 64 })).toBe(true);
  });

  test.each([
    ["10.1.0.254", 24, "10.1.0.255"],
    ["10.1.2.3", 20, "10.1.15.255"],
    ["10.1.2.3", 32, "10.1.2.3"],
  ])("the broadcast address of %s/%i is %s", (address, bits, expected) => {
    expect(broadcastOf({ address: ip4(address), bits })).toEqual(ip4(expected));
  });
});

test("kinds of addresses are told apart by their first or last bytes", () => {
  expect(["224.0.0.1", "239.255.0.1", "223.255.255.255", "240.0.0.1"].map((a) => isMulticastAddress(ip4(a)))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect([ip6("ff12::1"), ip6("fd00::1")].map(isMulticastAddress)).toEqual([true, false]);
  expect(ipv6AddrMcScope(ip6("ff12::1234"))).toBe(2);
  expect([ip4("255.255.255.255"), ip4("10.0.0.255")].map(ipv4IsLbcast)).toEqual([true, false]);
  expect([ip6("::0"), ip6("::1")].map(isAnyAddress)).toEqual([true, false]);
  expect([ip6("::1"), ip6("fd00::1")].map(ipv6AddrLoopback)).toEqual([true, false]);
  expect([ip6("fe80::1"), ip6("febf::1"), ip6("fec0::1")].map(ipv6AddrLinklocal)).toEqual([true, true, false]);
});
