import { expect, test } from "vitest";
import { hex } from "../../../../bytes/hexdump.js";
import { ip4, ip6, mac, prefix } from "./addresses.js";

const plain = (bytes: Uint8Array): string => hex(bytes).replaceAll(" ", "");

test.each([
  ["fd00::1", "fd000000000000000000000000000001"],
  ["ff12::1234", "ff120000000000000000000000001234"],
  ["fd01:2::3:4", "fd010002000000000000000000030004"],
  ["::", "00000000000000000000000000000000"],
])("%s", (text, bytes) => {
  expect(plain(ip6(text))).toBe(bytes);
});

test("IPv4 and MAC addresses and prefixes of both families", () => {
  expect([...ip4("192.0.2.1")]).toEqual([192, 0, 2, 1]);
  expect([...mac(0xbb)]).toEqual([2, 0, 0, 0, 0, 0xbb]);
  expect(prefix("10.1.0.254/24")).toEqual({ address: ip4("10.1.0.254"), bits: 24 });
  expect(prefix("fd00::254/64")).toEqual({ address: ip6("fd00::254"), bits: 64 });
});
