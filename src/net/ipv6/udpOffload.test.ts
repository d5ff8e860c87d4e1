import { describe, expect, test } from "vitest";
import {
  CHECKSUM_PARTIAL,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { csumFold, csumPartial, pseudoSumV6 } from "../../bytes/checksum.js";
import { concat } from "../../bytes/concat.js";
import { getU16, getU32 } from "../../bytes/view.js";
import { putBytes } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { chain, failAllocations, flatten, makeMemory, makeSkb, payload } from "../../skb/testing/make.js";
import { ETH_P_IPV6, emitEthernet } from "../../wire/ethernet.js";
import { emitIpv6 } from "../../wire/ipv6.js";
import { emitIpv6Extension, type Ipv6ExtensionKind, ipv6ExtensionLength, nexthdrOf } from "../../wire/ipv6Ext.js";
import { emitUdp, IPPROTO_UDP } from "../../wire/udp.js";
import { skbGsoSegment } from "../core/gso.js";
import { fixedSeams } from "../fixedSeams.js";
import type { NetKernel } from "../NetKernel.js";
import { offloads } from "../offloads.js";

const k: NetKernel = { ...fixedSeams, offloads };

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const DATA = payload(100);

interface Packet {
  readonly kinds?: readonly Ipv6ExtensionKind[];
  readonly gsoType?: number;
  readonly gsoSize?: number;
  readonly headroom?: number;
  readonly nexthdr?: number;
}

/** A frame of 100 payload bytes with these extension headers, its checksum partial; `data` at the MAC header. */
function packet({
  kinds = [],
  gsoType = SKB_GSO_UDP,
  gsoSize = 48,
  headroom = 64,
  nexthdr = IPPROTO_UDP,
}: Packet): SkBuff {
  const extensions = kinds.reduce((sum, kind) => sum + ipv6ExtensionLength(kind, 0), 0);
  const transport = 14 + 40 + extensions;
  const bytes = new Uint8Array(transport + 8);
  emitEthernet(bytes, 0, { dest: MAC, source: MAC, proto: ETH_P_IPV6 });
  const numbers = [...kinds.map(nexthdrOf), nexthdr];
  emitIpv6(bytes, 14, {
    trafficClass: 0,
    flowLabel: 0,
    payloadLen: extensions + 8 + DATA.length,
    nexthdr: numbers[0] as number,
    hopLimit: 64,
    saddr: payload(16, 1000),
    daddr: payload(16, 2000),
  });
  let at = 54;
  kinds.forEach((kind, i) => {
    at += emitIpv6Extension(bytes, at, kind, 0, numbers[i + 1] as number);
  });
  emitUdp(bytes, transport, { source: 1000, dest: 2000, len: 8 + DATA.length, check: 0x1111 });
  const skb = makeSkb(makeMemory(), { headroom, linear: bytes.length + DATA.length, gsoType, gsoSize });
  putBytes(skb, skb.data, bytes);
  putBytes(skb, skb.data + bytes.length, DATA);
  skb.protocol = ETH_P_IPV6;
  skb.networkHeader = skb.data + 14;
  skb.transportHeader = skb.data + transport;
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.transportHeader;
  skb.csumOffset = 6;
  return skb;
}

function segmentsOf(skb: SkBuff, features = NETIF_F_SG): SkBuff[] {
  const segs = skbGsoSegment(k, skb, features);
  if (segs === null || typeof segs === "number") throw new Error(`segmentation returned ${segs}`);
  return chain(segs);
}

describe("UFO over IPv6", () => {
  const FIRST = 14 + 40;
  test.each<[string, readonly Ipv6ExtensionKind[], number, number, number]>([
    ["no extension header", [], FIRST, 6, 0],
    ["hop-by-hop and routing in front of the fragment header", ["hop-by-hop", "routing"], FIRST + 16, 48, 0],
    ["a home address in front of it", ["routing", "home-address"], FIRST + 32, 48, 0],
    ["destination options behind it", ["routing", "destination"], FIRST + 8, 40, 8],
  ])("%s", (_name, kinds, fragmentAt, announcedAt, behind) => {
    const before = flatten(packet({ kinds }));
    const segs = segmentsOf(packet({ kinds }));
    const frames = segs.map(flatten);
    // Of the original only the byte that announces what follows is another, and the payload length.
    for (const frame of frames) {
      const unfragmentable = frame.slice(0, fragmentAt);
      expect(unfragmentable[14 + announcedAt]).toBe(44);
      unfragmentable[14 + announcedAt] = before[14 + announcedAt] as number;
      unfragmentable.set(before.slice(18, 20), 18);
      expect(unfragmentable).toEqual(before.slice(0, fragmentAt));
      expect(getU16(frame, 18)).toBe(frame.length - FIRST);
      expect([frame[fragmentAt], frame[fragmentAt + 1]]).toEqual([before[14 + announcedAt], 0]);
    }
    const ids = new Set(frames.map((frame) => getU32(frame, fragmentAt + 4)));
    expect(ids.size).toBe(1);
    expect(ids).not.toContain(0);
    // The kernel advances by payload_len - 8, which counts extension headers in front and behind as well.
    const extensions = fragmentAt - FIRST + behind;
    expect(frames.map((frame) => getU16(frame, fragmentAt + 2))).toEqual([
      0x0001,
      (48 + extensions) | 0x0001,
      2 * (48 + extensions),
    ]);
    // Headers behind the fragment header are repeated in every fragment.
    const datagram = concat(frames.map((frame) => frame.slice(fragmentAt + 8 + behind)));
    expect(datagram.slice(8)).toEqual(DATA);
    const pseudo = pseudoSumV6(before, 22, 38, datagram.length, IPPROTO_UDP, 0);
    expect(csumFold(csumPartial(datagram, 0, datagram.length, pseudo))).toBe(0);
  });

  test("fragments carry gso_size bytes from the UDP header on", () => {
    expect(segmentsOf(packet({})).map((seg) => seg.len - FIRST - 8)).toEqual([48, 48, 12]);
  });

  test("no room for the fragment header: the head is expanded, and the packet's offsets move along", () => {
    const skb = packet({ headroom: 4 });
    const roomy = segmentsOf(packet({})).map(flatten);
    expect(segmentsOf(skb).map(flatten)).toEqual(roomy);
    expect(skb.macHeader).toBe(skb.data);
  });

  test("no memory for that: -EINVAL", () => {
    const skb = packet({ headroom: 4 });
    failAllocations(skb.mem, 1);
    expect(skbGsoSegment(k, skb, NETIF_F_SG)).toBe(-EINVAL);
  });

  test("len <= gso_size: -EINVAL", () => {
    expect(skbGsoSegment(k, packet({ gsoSize: 108 }), NETIF_F_SG)).toBe(-EINVAL);
  });

  test("extension headers that cannot be walked: the error of the walk", () => {
    const skb = packet({ kinds: ["routing"] });
    // The routing header claims to reach behind the linear part once the handler is entered.
    const lies: NetKernel = {
      ...k,
      offloads: {
        ...offloads,
        inet6: new Map([
          [
            IPPROTO_UDP,
            (kernel, one, features) => {
              putBytes(one, one.networkHeader + 41, Uint8Array.of(255));
              return offloads.inet6.get(IPPROTO_UDP)?.(kernel, one, features) ?? null;
            },
          ],
        ]),
      },
    };
    expect(skbGsoSegment(lies, skb, NETIF_F_SG)).toBe(-EINVAL);
  });
});

describe("udp6_ufo_fragment", () => {
  test("UDP_L4 is cut into datagrams whose checksums verify", () => {
    const skb = packet({ gsoType: SKB_GSO_UDP_L4, gsoSize: 40 });
    const pseudo = pseudoSumV6(flatten(skb), 22, 38, 108, IPPROTO_UDP, 0);
    putBytes(skb, skb.transportHeader + 6, Uint8Array.of((~csumFold(pseudo) >>> 8) & 0xff, ~csumFold(pseudo) & 0xff));
    const frames = segmentsOf(skb, 0).map(flatten);
    expect(frames.map((frame) => [getU16(frame, 18), getU16(frame, 58)])).toEqual([
      [48, 48],
      [48, 48],
      [28, 28],
    ]);
    for (const frame of frames) {
      const sum = pseudoSumV6(frame, 22, 38, frame.length - 54, IPPROTO_UDP, 0);
      expect(csumFold(csumPartial(frame, 54, frame.length - 54, sum))).toBe(0);
    }
  });

  test("a type with neither UDP nor UDP_L4: -EINVAL", () => {
    expect(skbGsoSegment(k, packet({ gsoType: SKB_GSO_FRAGLIST }), NETIF_F_SG | NETIF_F_HW_CSUM)).toBe(-EINVAL);
  });

  test("a UDP header that is not all there: -EINVAL", () => {
    const skb = packet({});
    skb.tail = skb.transportHeader + 7;
    skb.len = skb.tail - skb.data;
    expect(skbGsoSegment(k, skb, NETIF_F_SG)).toBe(-EINVAL);
  });
});
