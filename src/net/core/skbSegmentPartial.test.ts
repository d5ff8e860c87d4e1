import { describe, expect, test } from "vitest";
import {
  GSO_BY_FRAGS,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  SKB_GSO_DODGY,
  SKB_GSO_PARTIAL,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import { skbPullInner } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { chain, faultOf, flatten, makeMemory, makeSkb, must, type Shape } from "../../skb/testing/make.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import type { NetKernel } from "../NetKernel.js";
import { skbSegment } from "./skbSegment.js";
import { skbSegmentSeams } from "./skbSegment.seams.js";

const k = { skbSegment: skbSegmentSeams } as NetKernel;
const HEADERS = 42;
const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;
/** Everything but a frag_list. */
const NO_FRAGLIST = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_UDP_L4;

function gsoPacket(shape: Shape): SkBuff {
  const mem = makeMemory("identity", 1 << 18);
  const skb = makeSkb(mem, { gsoType: SKB_GSO_UDP_L4, ...shape, linear: HEADERS + (shape.linear ?? 0) });
  skb.protocol = ETH_P_IP;
  skb.macHeader = skb.cbMacOffset = skb.data;
  skb.macLen = 14;
  skbPullInner(skb, HEADERS);
  return skb;
}

/** Payload, gso_size, gso_segs and gso_type of each segment. */
function cut(skb: SkBuff, features: number): (readonly [number, number, number, number])[] {
  const before = flatten(skb);
  const segs = skbSegment(k, skb, features);
  if (typeof segs === "number") throw new Error(`skb_segment returned ${segs}`);
  expect(concat(chain(segs).map((seg) => flatten(seg).slice(HEADERS)))).toEqual(before);
  return chain(segs).map((seg) => {
    const { gsoSize, gsoSegs, gsoType } = seg.head.shinfo.seen();
    return [seg.len - HEADERS, gsoSize, gsoSegs, gsoType] as const;
  });
}

const WHOLE = SKB_GSO_UDP_L4 | SKB_GSO_PARTIAL;

describe("features with GSO_PARTIAL", () => {
  test("as many whole segments as there are, and the rest without a gso_size", () => {
    const packet = gsoPacket({ linear: 35, gsoSize: 10, gsoType: SKB_GSO_UDP_L4 | SKB_GSO_DODGY });
    expect(cut(packet, PARTIAL)).toEqual([
      [30, 10, 3, WHOLE],
      [5, 0, 3, WHOLE],
    ]);
  });

  test("a payload of exactly that many segments stays one packet", () => {
    expect(cut(gsoPacket({ linear: 30, gsoSize: 10 }), PARTIAL)).toEqual([[30, 10, 3, WHOLE]]);
  });

  test("less than two segments: no partial segmentation", () => {
    expect(cut(gsoPacket({ linear: 15, gsoSize: 10 }), PARTIAL)).toEqual([
      [10, 0, 0, 0],
      [5, 0, 0, 0],
    ]);
  });

  test("each packet says where its payload begins", () => {
    const packet = gsoPacket({ linear: 35, gsoSize: 10 });
    const segs = skbSegment(k, packet, PARTIAL);
    if (typeof segs === "number") throw new Error("failed");
    expect(chain(segs).map((seg) => seg.cbMacOffset)).toEqual(chain(segs).map((seg) => seg.data + HEADERS));
  });

  test("the product stays below GSO_BY_FRAGS: 65535 bytes of 257 make 254 segments", () => {
    expect(cut(gsoPacket({ linear: 65_535, gsoSize: 257 }), PARTIAL)).toEqual([
      [65_278, 257, 254, WHOLE],
      [257, 0, 254, WHOLE],
    ]);
  });

  test("the last packet may hold several segments of its own", () => {
    expect(cut(gsoPacket({ linear: 65_534 + 1000, gsoSize: 400 }), PARTIAL)).toEqual([
      [65_200, 400, 163, WHOLE],
      [1334, 400, 4, WHOLE],
    ]);
  });

  test.each([
    ["no SG", PARTIAL & ~NETIF_F_SG],
    ["no checksum offload", PARTIAL & ~NETIF_F_HW_CSUM],
  ])("%s: no partial segmentation", (_name, features) => {
    expect(cut(gsoPacket({ linear: 25, gsoSize: 10 }), features).map(([length, size]) => [length, size])).toEqual([
      [10, 0],
      [10, 0],
      [5, 0],
    ]);
  });

  test("GSO_BY_FRAGS is left alone", () => {
    const packet = gsoPacket({ gsoSize: GSO_BY_FRAGS, members: [{ linear: 10 }, { linear: 20 }] });
    expect(cut(packet, PARTIAL).map(([length]) => length)).toEqual([10, 20]);
  });

  test("gso_size 0 is DIVZERO", () => {
    expect(faultOf(() => skbSegment(k, gsoPacket({ linear: 25 }), PARTIAL))).toBe("DIVZERO(partial-segs)");
  });
});

describe("a device that takes everything but the frag_list", () => {
  const frag = (linear: number) => ({ linear, headFrag: true });
  const TYPE = SKB_GSO_UDP_L4;

  test("each output carries one former packet's worth and stays GSO", () => {
    const packet = gsoPacket({ linear: 30, members: [frag(30), frag(30)], gsoSize: 10 });
    expect(cut(packet, NO_FRAGLIST)).toEqual([
      [30, 10, 3, TYPE],
      [30, 10, 3, TYPE],
      [30, 10, 3, TYPE],
    ]);
  });

  test("the last member may be shorter", () => {
    const packet = gsoPacket({ linear: 30, members: [frag(30), frag(25)], gsoSize: 10 });
    expect(cut(packet, NO_FRAGLIST).at(-1)).toEqual([25, 10, 3, TYPE]);
    const shortest = gsoPacket({ linear: 30, members: [frag(30), frag(7)], gsoSize: 10 });
    expect(cut(shortest, NO_FRAGLIST).at(-1)).toEqual([7, 0, 3, TYPE]);
  });

  test.each<[string, Shape, number]>([
    ["no frag_list", { linear: 30 }, NO_FRAGLIST],
    ["a type the device cannot do", { linear: 30, members: [frag(30)] }, NETIF_F_SG | NETIF_F_HW_CSUM],
    ["a member in the middle of another length", { linear: 20, members: [frag(20), frag(10), frag(20)] }, NO_FRAGLIST],
    ["a linear member that is no page", { linear: 20, members: [{ linear: 20 }] }, NO_FRAGLIST],
    ["another length in the head", { linear: 10, members: [frag(20), frag(20)] }, NO_FRAGLIST],
  ])("%s: every gso_size is cut", (_name, shape, features) => {
    const bySegment = {
      ...shape,
      members: shape.members?.map((member) => ({ ...member, linear: 0, frags: [member.linear ?? 0] })),
    };
    const cuttable = shape.members?.some((member) => member.headFrag !== true)
      ? { ...shape, gsoSize: 20 }
      : { ...bySegment, gsoSize: 10 };
    const size = must(cuttable.gsoSize);
    const pieces = cut(gsoPacket(cuttable), features);
    expect(pieces.every(([length, gsoSize]) => length <= size && gsoSize === 0)).toBe(true);
  });
});
