import { describe, expect, test } from "vitest";
import { SKB_GSO_IPXIP6, SKB_GSO_PARTIAL, SKB_GSO_UDP, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import { putBytes, readU16 } from "../../skb/bytes.js";
import { EINVAL, EPROTONOSUPPORT } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { alive, chain, makeMemory, makeSkb } from "../../skb/testing/make.js";
import {
  emitIpv6Extension,
  emitIpv6Fragment,
  type Ipv6ExtensionKind,
  ipv6ExtensionLength,
  NEXTHDR_AUTH,
  NEXTHDR_DEST,
  NEXTHDR_FRAGMENT,
  NEXTHDR_HOP,
  NEXTHDR_ROUTING,
  NEXTHDR_UDP,
  nexthdrOf,
} from "../../wire/ipv6Ext.js";
import { gsoSeams } from "../core/gso.seams.js";
import type { NetDevice } from "../core/NetDevice.js";
import type { GsoSegment, NetKernel, Segments } from "../NetKernel.js";
import { ipv6GsoSegment } from "./ip6Offload.js";

const MAC = 14;

const kernelWith = (handler: GsoSegment): NetKernel =>
  ({
    gso: gsoSeams,
    offloads: {
      inet6: new Map([[NEXTHDR_UDP, handler]]),
      inet6Extensions: new Set([NEXTHDR_HOP, NEXTHDR_ROUTING, NEXTHDR_DEST]),
    },
  }) as unknown as NetKernel;
const whole = kernelWith(() => null);

const memory = makeMemory("identity", 1 << 20);

/** A frame with these extension headers, `data` at the MAC header; `last` is what follows them. */
function frame(kinds: readonly Ipv6ExtensionKind[], payload: number, last = NEXTHDR_UDP): SkBuff {
  const extensions = kinds.reduce((sum, kind) => sum + ipv6ExtensionLength(kind, 0), 0);
  const skb = makeSkb(memory, { linear: MAC + 40 + extensions + payload, gsoType: SKB_GSO_UDP_L4 });
  const bytes = new Uint8Array(40 + extensions);
  const numbers = [...kinds.map(nexthdrOf), last];
  bytes[0] = 0x60;
  bytes[6] = numbers[0] as number;
  let at = 40;
  kinds.forEach((kind, i) => {
    at += emitIpv6Extension(bytes, at, kind, 0, numbers[i + 1] as number);
  });
  putBytes(skb, skb.data + MAC, bytes);
  skb.macHeader = skb.data;
  return skb;
}

function run(skb: SkBuff, k: NetKernel, features = 0): Segments {
  skb.data += MAC;
  skb.len -= MAC;
  return ipv6GsoSegment(k, skb, features);
}

/** Where the handler finds the transport header, behind the MAC header; -1 when it is not called. */
function transportAt(skb: SkBuff): number {
  const at = skb.macHeader;
  let seen = -1;
  run(
    skb,
    kernelWith((_k, one) => {
      seen = one.transportHeader - at;
      return null;
    }),
  );
  return seen;
}

function linked(segs: readonly SkBuff[]): SkBuff {
  segs.forEach((seg, i) => {
    seg.next = segs[i + 1] ?? null;
  });
  return segs[0] as SkBuff;
}

describe("ipv6_gso_segment on the way in", () => {
  test.each<[string, readonly Ipv6ExtensionKind[], number]>([
    ["no extension header", [], MAC + 40],
    ["hop-by-hop", ["hop-by-hop"], MAC + 48],
    ["routing and destination options", ["routing", "destination"], MAC + 56],
    ["a home address", ["home-address"], MAC + 64],
  ])("%s: the transport header is behind", (_name, kinds, expected) => {
    expect(transportAt(frame(kinds, 20))).toBe(expected);
  });

  test("encap_level counts 40, extension headers not", () => {
    const skb = frame(["routing"], 20);
    run(skb, whole);
    expect(skb.cbEncapLevel).toBe(40);
  });

  test("an extension header that is not all there ends the walk silently", () => {
    const tooShort = frame(["hop-by-hop"], 0);
    tooShort.tail -= 1;
    tooShort.len -= 1;
    expect(run(tooShort, whole)).toBe(-EPROTONOSUPPORT);
    const claimsMore = frame(["hop-by-hop"], 0);
    putBytes(claimsMore, claimsMore.data + MAC + 41, Uint8Array.of(9));
    expect(run(claimsMore, whole)).toBe(-EPROTONOSUPPORT);
  });

  test("inside a tunnel only the device's inner features count", () => {
    const skb = frame([], 20);
    skb.cbEncapLevel = 20;
    skb.dev = { hwEncFeatures: 6 } as unknown as NetDevice;
    let given = 0;
    const k = kernelWith((_k, _skb, features) => {
      given = features;
      return null;
    });
    expect(run(skb, k, 5)).toBeNull();
    expect(given).toBe(4);
  });

  test.each<[string, () => SkBuff, NetKernel, number]>([
    ["more than five IP headers", () => Object.assign(frame([], 20), { cbRecursion: 5 }), whole, -EINVAL],
    [
      "fewer than 40 bytes",
      () => {
        const skb = frame([], 0);
        skb.tail -= 1;
        skb.len -= 1;
        return skb;
      },
      whole,
      -EINVAL,
    ],
    ["a next header without a handler", () => frame([], 20, NEXTHDR_AUTH), whole, -EPROTONOSUPPORT],
    ["the handler's error", () => frame([], 20), kernelWith(() => -7), -7],
  ])("%s: the error", (_name, make, k, expected) => {
    expect(run(make(), k)).toBe(expected);
  });

  test("a transport header beyond 16 bits: -EPROTONOSUPPORT", () => {
    const skb = makeSkb(memory, { headroom: 65_500, linear: MAC + 60 });
    putBytes(skb, skb.data + MAC, Uint8Array.of(0x60, 0, 0, 0, 0, 0, NEXTHDR_UDP));
    skb.macHeader = skb.data;
    expect(run(skb, whole)).toBe(-EPROTONOSUPPORT);
  });

  test("NULL: the network header is where it was", () => {
    const skb = frame([], 20);
    const disturbs = kernelWith((_k, one) => {
      one.networkHeader = 0;
      return null;
    });
    expect(run(skb, disturbs)).toBeNull();
    expect(skb.networkHeader).toBe(skb.macHeader + MAC);
  });
});

describe("ipv6_gso_segment, each segment's header", () => {
  const payloadLens = (segs: readonly SkBuff[]): number[] => segs.map((seg) => readU16(seg, seg.networkHeader + 4));

  test("payload length counts extension headers; network header and MAC length are set", () => {
    const segs = [frame(["routing"], 38), frame(["routing"], 18)];
    expect(
      run(
        frame(["routing"], 48),
        kernelWith(() => linked(segs)),
      ),
    ).toBe(segs[0]);
    expect(payloadLens(segs)).toEqual([46, 26]);
    expect(segs.map((seg) => [seg.networkHeader - seg.data, seg.macLen])).toEqual([
      [MAC, MAC],
      [MAC, MAC],
    ]);
  });

  test("partial and still GSO: the payload length is that of one segment, the last one's its own", () => {
    const segs = [frame([], 38), frame([], 13)];
    for (const [seg, gsoSize] of [
      [segs[0], 10],
      [segs[1], 0],
    ] as [SkBuff, number][]) {
      seg.shinfo.gsoSize = gsoSize;
      seg.shinfo.gsoType = SKB_GSO_UDP_L4 | SKB_GSO_PARTIAL;
      seg.cbMacOffset = seg.data + MAC + 48;
    }
    run(
      frame([], 51),
      kernelWith(() => linked(segs)),
    );
    expect(payloadLens(segs)).toEqual([18, 13]);
  });

  const fragment = (payload: number): SkBuff => {
    const skb = frame([], 8 + payload, NEXTHDR_FRAGMENT);
    const header = new Uint8Array(8);
    emitIpv6Fragment(header, 0, { nexthdr: NEXTHDR_UDP, offset: 0, more: false, identification: 77 });
    putBytes(skb, skb.data + MAC + 40, header);
    return skb;
  };
  const ufo = (more: Partial<SkBuff> = {}): SkBuff => {
    const skb = Object.assign(frame([], 64), more);
    skb.shinfo.gsoType = SKB_GSO_UDP;
    return skb;
  };
  const fragOffs = (segs: readonly SkBuff[]): number[] => segs.map((seg) => readU16(seg, seg.networkHeader + 42));

  test("udpfrag: offsets without the fragment header, IP6_MF on all but the last", () => {
    const segs = [fragment(24), fragment(24), fragment(16)];
    run(
      ufo(),
      kernelWith(() => linked(segs)),
    );
    expect(fragOffs(segs)).toEqual([0x0001, 0x0019, 0x0030]);
    expect(payloadLens(segs)).toEqual([32, 32, 24]);
  });

  test.each([
    ["encapsulated by IP in IP, at the inner header", { encapsulation: true, cbEncapLevel: 40 }, SKB_GSO_IPXIP6, true],
    ["encapsulated by IP in IP, at the outer header", { encapsulation: true }, SKB_GSO_IPXIP6, false],
    ["encapsulated otherwise", { encapsulation: true }, 0, false],
  ])("udpfrag, %s", (_name, more, type, isFragmented) => {
    const skb = ufo({ ...more, dev: { hwEncFeatures: 0 } as unknown as NetDevice });
    skb.shinfo.gsoType |= type;
    const segs = [fragment(24), fragment(16)];
    run(
      skb,
      kernelWith(() => linked(segs)),
    );
    expect(fragOffs(segs)).toEqual(isFragmented ? [0x0001, 0x0018] : [0, 0]);
  });

  test("udpfrag, a header that cannot be walked: the whole list is freed and the error returned", () => {
    const segs = [fragment(24), frame(["hop-by-hop"], 0)];
    const broken = segs[1] as SkBuff;
    broken.tail -= 7;
    broken.len -= 7;
    const skb = ufo();
    const before = alive(memory).skbs;
    expect(
      run(
        skb,
        kernelWith(() => linked(segs)),
      ),
    ).toBe(-EINVAL);
    expect(alive(memory).skbs).toBe(before - 2);
  });

  test("inside a tunnel the inner headers are set", () => {
    const skb = frame([], 40);
    skb.cbEncapLevel = 20;
    skb.dev = { hwEncFeatures: 0 } as unknown as NetDevice;
    const segs = [frame([], 20)];
    run(
      skb,
      kernelWith(() => linked(segs)),
    );
    const [seg] = chain(segs[0] as SkBuff);
    expect([seg?.innerMacHeader, seg?.innerNetworkHeader]).toEqual([seg?.macHeader, seg?.networkHeader]);
  });
});
