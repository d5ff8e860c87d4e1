import { describe, expect, test } from "vitest";
import { SKB_GSO_TCPV4, SKB_GSO_TCPV6, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import { putBytes } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { makeMemory, makeSkb, type Shape } from "../../skb/testing/make.js";
import { ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { gsoHasIpv6ExtensionHeader, hasIpv6ExtensionHeader, isIpv6WithLongHeader } from "./extensionHeaders.js";

const UDP = 17;
const DEST = 60;
const OUTER = 14;
const INNER = 90;

interface Headers {
  readonly protocol?: number;
  readonly outer?: readonly [version: number, nexthdr: number];
  readonly inner?: readonly [version: number, nexthdr: number];
  readonly shape?: Shape;
}

/** A frame with an IPv6 header at 14, its transport header behind; encapsulated where there is an inner header. */
function frame({ protocol = ETH_P_IPV6, outer = [6, UDP], inner, shape = {} }: Headers): SkBuff {
  const skb = makeSkb(makeMemory(), { linear: 200, gsoSize: 10, gsoType: SKB_GSO_TCPV6, ...shape });
  const put = (at: number, [version, nexthdr]: readonly [number, number]): void => {
    putBytes(skb, skb.data + at, Uint8Array.of(version << 4));
    putBytes(skb, skb.data + at + 6, Uint8Array.of(nexthdr));
  };
  skb.protocol = protocol;
  skb.macHeader = skb.data;
  skb.macLen = 14;
  skb.networkHeader = skb.data + OUTER;
  skb.transportHeader = skb.networkHeader + 40;
  put(OUTER, outer);
  if (inner !== undefined) {
    skb.encapsulation = true;
    skb.innerNetworkHeader = skb.data + INNER;
    skb.innerTransportHeader = skb.innerNetworkHeader + 40;
    put(INNER, inner);
  }
  return skb;
}

describe("the wide test", () => {
  test.each<[string, Headers, boolean]>([
    ["UDP behind IPv6", {}, false],
    ["destination options behind IPv6", { outer: [6, DEST] }, true],
    ["the same bytes under another protocol", { protocol: ETH_P_IP, outer: [6, DEST] }, false],
    ["another version under IPv6's protocol", { outer: [4, DEST] }, false],
    ["an outer extension header around a bare inner one", { outer: [6, DEST], inner: [6, UDP] }, true],
    ["an inner extension header", { inner: [6, DEST] }, true],
    ["an inner extension header inside IPv4", { protocol: ETH_P_IP, outer: [4, UDP], inner: [6, DEST] }, true],
    ["inner IPv4", { inner: [4, DEST] }, false],
  ])("%s: %s", (_name, headers, expected) => {
    expect(hasIpv6ExtensionHeader(frame(headers))).toBe(expected);
  });

  test("lengths count only outside of tunnels, and only where the transport header is known", () => {
    const plain = frame({});
    plain.transportHeader += 8;
    const inTunnel = frame({ inner: [6, UDP] });
    inTunnel.transportHeader += 8;
    const unset = frame({});
    unset.transportHeader = 0xffff;
    expect([plain, inTunnel, unset].map(hasIpv6ExtensionHeader)).toEqual([true, false, false]);
  });

  test("an inner header that was never set, or is not all there, says nothing", () => {
    const unset = frame({ inner: [6, DEST] });
    unset.innerNetworkHeader = 0;
    const short = frame({ inner: [6, DEST] });
    short.innerNetworkHeader = short.data + 180;
    expect([unset, short].map(hasIpv6ExtensionHeader)).toEqual([false, false]);
  });

  test("a header in fragments is read all the same, and nothing is pulled", () => {
    const skb = frame({ inner: [6, DEST] });
    const whole = makeSkb(skb.mem, { linear: 60, frags: [140] });
    Object.assign(whole, { protocol: ETH_P_IP, macLen: 14, encapsulation: true });
    whole.innerNetworkHeader = whole.data + INNER;
    const page = whole.shinfo.frags[0]?.page;
    const at = (page?.base ?? 0) + 16 + INNER - 60;
    skb.mem.arena.bytes[at] = 0x60;
    skb.mem.arena.bytes[at + 6] = DEST;
    expect([hasIpv6ExtensionHeader(whole), whole.headlen]).toEqual([true, 60]);
  });
});

describe("the narrow test of older releases", () => {
  const long = (headers: Headers): SkBuff => {
    const skb = frame(headers);
    skb.transportHeader += 8;
    skb.innerTransportHeader += 8;
    return skb;
  };

  test.each<[string, SkBuff, boolean]>([
    ["TCPv6, a bare header", frame({}), false],
    ["TCPv6, a longer one", long({}), true],
    ["TCPv4", long({ shape: { gsoType: SKB_GSO_TCPV4 } }), false],
    ["UDP_L4 over IPv6", long({ shape: { gsoType: SKB_GSO_UDP_L4 } }), true],
    ["UDP_L4 over IPv4", long({ protocol: ETH_P_IP, shape: { gsoType: SKB_GSO_UDP_L4 } }), false],
    ["inner TCPv6, a bare header", frame({ inner: [6, UDP] }), false],
    ["inner TCPv6, a longer one", long({ inner: [6, UDP] }), true],
    ["inner UDP_L4 over IPv6", long({ inner: [6, UDP], shape: { gsoType: SKB_GSO_UDP_L4 } }), true],
    ["inner UDP_L4 over IPv4", long({ inner: [4, UDP], shape: { gsoType: SKB_GSO_UDP_L4 } }), false],
    ["an inner header never set", Object.assign(frame({ inner: [6, UDP] }), { innerNetworkHeader: 0 }), true],
    ["nothing at the inner header", outside(frame({ inner: [6, UDP], shape: { gsoType: SKB_GSO_UDP_L4 } })), false],
  ])("%s: %s", (_name, skb, expected) => {
    expect(gsoHasIpv6ExtensionHeader(skb)).toBe(expected);
  });

  test("for a checksum alone, the header's length decides", () => {
    expect([frame({}), long({}), long({ protocol: ETH_P_8021Q })].map(isIpv6WithLongHeader)).toEqual([
      false,
      true,
      false,
    ]);
  });
});

function outside(skb: SkBuff): SkBuff {
  skb.innerNetworkHeader = skb.tail;
  return skb;
}
