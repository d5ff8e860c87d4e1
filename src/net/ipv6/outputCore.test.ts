import { describe, expect, test } from "vitest";
import { putBytes, readU8 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { makeMemory, makeSkb } from "../../skb/testing/make.js";
import {
  emitIpv6Extension,
  type Ipv6ExtensionKind,
  ipv6ExtensionLength,
  NEXTHDR_DEST,
  NEXTHDR_FRAGMENT,
  NEXTHDR_UDP,
  nexthdrOf,
} from "../../wire/ipv6Ext.js";
import { ip6Find1stfragopt } from "./outputCore.js";

/** An IPv6 packet with these extension headers and `payload` bytes of UDP. */
function packet(kinds: readonly Ipv6ExtensionKind[], last = NEXTHDR_UDP, payload = 16): SkBuff {
  const total = 40 + kinds.reduce((sum, kind) => sum + ipv6ExtensionLength(kind, 0), 0) + payload;
  const bytes = new Uint8Array(total);
  const numbers = [...kinds.map(nexthdrOf), last];
  bytes[0] = 0x60;
  bytes[6] = numbers[0] as number;
  let at = 40;
  kinds.forEach((kind, i) => {
    at += emitIpv6Extension(bytes, at, kind, 0, numbers[i + 1] as number);
  });
  return packetOf(bytes);
}

function packetOf(bytes: Uint8Array): SkBuff {
  const skb = makeSkb(makeMemory(), { linear: bytes.length });
  putBytes(skb, skb.data, bytes);
  skb.networkHeader = skb.data;
  return skb;
}

describe("ip6_find_1stfragopt", () => {
  test.each<[string, readonly Ipv6ExtensionKind[], number, number]>([
    ["no extension header", [], 40, NEXTHDR_UDP],
    ["hop-by-hop: continue", ["hop-by-hop"], 48, NEXTHDR_UDP],
    ["routing: continue", ["routing"], 48, NEXTHDR_UDP],
    ["destination options alone: continue", ["destination"], 48, NEXTHDR_UDP],
    ["destination options behind routing: stop there", ["routing", "destination"], 48, NEXTHDR_DEST],
    ["destination options in front of routing: continue", ["destination", "routing"], 56, NEXTHDR_UDP],
    ["a home address behind routing: continue", ["routing", "home-address"], 72, NEXTHDR_UDP],
    ["a home address, then destination options", ["routing", "home-address", "destination"], 72, NEXTHDR_DEST],
    ["everything", ["hop-by-hop", "destination", "routing"], 64, NEXTHDR_UDP],
  ])("%s", (_name, kinds, offset, announced) => {
    const skb = packet(kinds);
    const found = ip6Find1stfragopt(skb);
    expect([found.err, found.offset, readU8(skb, found.prevhdr)]).toEqual([0, offset, announced]);
  });

  test("a fragment header stops the walk", () => {
    expect(ip6Find1stfragopt(packet(["hop-by-hop"], NEXTHDR_FRAGMENT)).offset).toBe(48);
  });

  test("out of bytes: -EINVAL", () => {
    const cut = (kinds: readonly Ipv6ExtensionKind[], by: number): SkBuff => {
      const skb = packet(kinds, NEXTHDR_UDP, 0);
      skb.tail -= by;
      skb.len -= by;
      return skb;
    };
    expect(ip6Find1stfragopt(cut(["hop-by-hop"], 7)).err).toBe(-EINVAL);
    expect(ip6Find1stfragopt(cut(["hop-by-hop"], 1)).err).toBe(-EINVAL);
    expect(ip6Find1stfragopt(cut(["hop-by-hop"], 0)).err).toBe(0);
  });

  test("an offset beyond 65535: -EINVAL", () => {
    const bytes = new Uint8Array(40 + 33 * 2048);
    bytes[6] = nexthdrOf("hop-by-hop");
    for (let i = 0; i < 33; i++) {
      bytes[40 + 2048 * i] = nexthdrOf("hop-by-hop");
      bytes[41 + 2048 * i] = 255;
    }
    expect(ip6Find1stfragopt(packetOf(bytes)).err).toBe(-EINVAL);
  });

  describe("looking for a home address behind a routing header", () => {
    /** Destination options of these bytes behind the two that begin the header; -1 when the walk stops there. */
    function offsetWith(options: readonly number[], hdrlen = (options.length + 2) / 8 - 1): number {
      const head = packet(["routing"], NEXTHDR_DEST, 0);
      const bytes = head.mem.arena.bytes.slice(head.head.base + head.data, head.head.base + head.tail);
      return ip6Find1stfragopt(packetOf(Uint8Array.of(...bytes, NEXTHDR_UDP, hdrlen, ...options))).offset;
    }
    const PAD1 = 0;
    const PADN = 1;
    const HAO = 0xc9;

    test.each([
      ["behind single padding bytes", [PAD1, PAD1, HAO, 2, 0, 0], 56],
      ["behind longer padding", [PADN, 1, 0, HAO, 1, 0], 56],
      ["not where only padding is", [PADN, 4, 0, 0, 0, 0], 48],
      ["not inside another option", [0x1e, 4, HAO, HAO, HAO, HAO], 48],
      ["not behind an option that is longer than the header", [0x1e, 9, HAO, 0, 0, 0], 48],
      ["not behind a lone byte", [PADN, 3, 0, 0, 0, 0x1e], 48],
    ])("%s", (_name, options, expected) => {
      expect(offsetWith(options)).toBe(expected);
    });

    test("not in a header that is not all there", () => {
      expect(offsetWith([HAO, 2, 0, 0, 0, 0], 1)).toBe(48);
      expect(offsetWith([HAO, 2], 0)).toBe(48);
    });
  });
});
