/** Lists worked out by hand, number by number. */
import { describe, expect, test } from "vitest";
import { NETIF_F_HW_CSUM, NETIF_F_IP_CSUM, NETIF_F_IPV6_CSUM, NETIF_F_SG, SKB_GSO_DODGY } from "../../abi/features.js";
import { mainline, type Unfix, unfixed } from "../../kernel/Kernel.js";
import { Memory } from "../../memory/Memory.js";
import { skbGsoSegmentInner } from "../../net/core/gso.js";
import { skbSegment } from "../../net/core/skbSegment.js";
import type { NetKernel } from "../../net/NetKernel.js";
import { offloads } from "../../net/offloads.js";
import { type PacketRecipe, schema } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { readU16 } from "../../skb/bytes.js";
import { consumeSkb, skbGet } from "../../skb/free.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbPullInner, skbPush } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { chain, clonesOf, faultOf, flatten, membersOf, must, shapeOf } from "../../skb/testing/make.js";
import { buildPacket } from "./buildPacket.js";
import { planPacket } from "./packetPlan.js";
import { World } from "./World.js";

const least = leastOf(schema.packet);
const right: NetKernel = { ...mainline.seams, offloads };
const kernelBy = (unfix: Unfix): NetKernel => ({ ...unfixed(mainline.seams, unfix), offloads });
const RECEIVE = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM;

/** An IPv6 list of datagrams with those payloads, `data` at its IP header. */
function listOf(payloads: readonly number[], more: Partial<PacketRecipe> = {}): SkBuff {
  const [first = 0, ...rest] = payloads;
  const members = rest.map((payload) => ({ ...leastOf(schema.member), payload }));
  const recipe = { ...least, head: { ...least.head, payload: first }, members, ...more };
  return buildPacket(new World(new Memory(), mainline.seams), planPacket(recipe));
}

function segment(k: NetKernel, skb: SkBuff, features = RECEIVE): SkBuff[] {
  skbPush(skb, 14);
  const segs = skbGsoSegmentInner(k, skb, features, false);
  if (segs === null || typeof segs === "number") throw new Error(`segmentation returned ${segs}`);
  return chain(segs);
}

const udpLength = (skb: SkBuff): number => readU16(skb, skb.transportHeader + 4);
const payloadLength = (skb: SkBuff): number => readU16(skb, skb.networkHeader + 4);
const payloads = (segs: readonly SkBuff[]): number[] => segs.map((seg) => seg.len - 62);

describe("fraglist, IPv6, no siblings: g = 100, members 100 and 40", () => {
  const truesizes = (skb: SkBuff) => membersOf(skb).map((member) => member.truesize);

  test("at the entry, with data at the UDP header", () => {
    const skb = listOf([100, 100, 40]);
    const [t1, t2] = truesizes(skb) as [number, number];
    const t0 = skb.truesize - t1 - t2;
    const seen: number[][] = [];
    const watching = kernelBy({
      udpOffload: {
        mayTakeListPath: (inForce) => (one) => {
          seen.push([one.len, one.dataLen, one.truesize, udpLength(one), payloadLength(one), one.users]);
          return inForce(one);
        },
      },
    });
    segment(watching, skb);
    expect(seen).toEqual([[248, 140, t0 + t1 + t2, 248, 248, 1]]);
  });

  test("returned head, m1, m2", () => {
    const skb = listOf([100, 100, 40]);
    const [t1, t2] = truesizes(skb);
    const sum = skb.truesize;
    const originals = membersOf(skb);
    const segs = segment(right, skb);
    expect(segs).toEqual([skb, ...originals]);
    expect(
      segs.map((seg) => [seg.len, seg.dataLen, seg.truesize, udpLength(seg), payloadLength(seg), seg.users]),
    ).toEqual([
      [162, 0, sum, 108, 108, 2],
      [162, 0, t1, 108, 108, 1],
      [102, 0, t2, 48, 48, 1],
    ]);
    consumeSkb(skb);
    expect(skb.users).toBe(1);
  });

  test("V.truesize = before: head truesize t0", () => {
    const skb = listOf([100, 100, 40]);
    const t0 = skb.truesize - truesizes(skb).reduce((sum, one) => sum + one, 0);
    segment(kernelBy({ skbSegmentList: { truesizeBefore: () => (member) => member.truesize } }), skb);
    expect(skb.truesize).toBe(t0);
  });

  test("with one sibling clone: m1, m2 are fresh objects with private heads, the originals keep users 1", () => {
    const sibling = listOf([100, 100, 40]);
    const originals = membersOf(sibling);
    const [, ...members] = segment(right, must(clonesOf(sibling, 1)[0]));
    expect(members.some((one) => originals.includes(one))).toBe(false);
    expect(members.map(({ head }) => originals.some((one) => one.head === head))).toEqual([false, false]);
    expect(originals.map(({ users }) => users)).toEqual([1, 1]);
    expect(membersOf(sibling)).toEqual(originals);
  });
});

describe("partial pull: head payload 11, members 11 and 10, gso_size 11", () => {
  const pulled = (): SkBuff => {
    const skb = listOf([11, 11, 10]);
    // One byte more than the headers and the head's own payload.
    expect(pskbMayPull(skb, 40 + 8 + 12)).toBe(true);
    return skb;
  };

  test("head payload 12, data_len 20, first member 10, list of two members, DODGY set", () => {
    const skb = pulled();
    expect([skb.headlen - 48, skb.dataLen]).toEqual([12, 20]);
    expect(membersOf(skb).map(({ len }) => len)).toEqual([10, 10]);
    expect(skb.head.shinfo.seen().gsoType & SKB_GSO_DODGY).toBe(SKB_GSO_DODGY);
  });

  test("a member that is shared is cloned for it, and the original given back", () => {
    const skb = listOf([11, 11, 10]);
    const first = skbGet(must(membersOf(skb)[0]));
    pskbMayPull(skb, 40 + 8 + 12);
    expect([first.users, first.len]).toEqual([1, 11]);
    expect(shapeOf(skb)).toBe("linear 60 | list [linear 10, linear 10]");
  });

  test("UDP: list path declined, linearised, then three segments of 11, 11, 10 with the bytes in order", () => {
    const skb = pulled();
    const data = flatten(skb).slice(48);
    const segs = segment(right, skb);
    expect(segs).not.toContain(skb);
    expect(payloads(segs)).toEqual([11, 11, 10]);
    expect(Uint8Array.of(...segs.flatMap((seg) => [...flatten(seg).slice(62)]))).toEqual(data);
    expect(segs.map(udpLength)).toEqual([19, 19, 18]);
  });

  const noLinearize: Unfix = { udpOffload: { flattenChangedList: () => () => 0 } };
  test("V.linearizeOnMismatch = off: BUG(list-frags-short) in the third iteration", () => {
    const skb = pulled();
    expect(faultOf(() => segment(kernelBy(noLinearize), skb))).toBe("BUG(list-frags-short)");
    expect(skb.mem.iterations).toBe(3);
  });

  test("V.geometry: by the FRAGLIST bit alone the members are taken for datagrams, and a byte comes twice", () => {
    const takesAny = kernelBy({ udpOffload: { mayTakeListPath: () => () => true } });
    expect(payloads(segment(takesAny, pulled()))).toEqual([12, 11, 10]);
  });

  /** `data` behind the UDP header, for skb_segment itself: as TCP gets there, which does not linearise. */
  function cut(skb: SkBuff, features: number): number[] {
    skb.cbMacOffset = skb.macHeader;
    skbPullInner(skb, 48);
    const segs = skbSegment(right, skb, features);
    if (typeof segs === "number") throw new Error(`skb_segment returned ${segs}`);
    return payloads(chain(segs));
  }

  test("straight to skb_segment: SG cleared, two copied, then BUG(list-frags-short)", () => {
    const skb = pulled();
    expect(faultOf(() => cut(skb, NETIF_F_SG | NETIF_F_HW_CSUM))).toBe("BUG(list-frags-short)");
    expect(skb.mem.iterations).toBe(3);
  });

  test("second instance: head 100, six members of 100, gso_size raised to 120 with DODGY", () => {
    const raised = listOf([100, 100, 100, 100, 100, 100, 100], { dodgy: true, gsoSize: 120 });
    expect(faultOf(() => cut(raised, NETIF_F_SG | NETIF_F_HW_CSUM))).toBe("BUG(list-frags-short)");
    expect(raised.mem.iterations).toBe(6);
    const again = listOf([100, 100, 100, 100, 100, 100, 100], { dodgy: true, gsoSize: 120 });
    expect(faultOf(() => segment(kernelBy(noLinearize), again))).toBe("BUG(list-frags-short)");
    const linearised = listOf([100, 100, 100, 100, 100, 100, 100], { dodgy: true, gsoSize: 120 });
    expect(payloads(segment(right, linearised))).toEqual([120, 120, 120, 120, 120, 100]);
  });

  test("control: head 100, members 100 100 100 100 100 40, gso_size 100, no SG: one copied and six cloned", () => {
    const control = listOf([100, 100, 100, 100, 100, 100, 40]);
    expect(cut(control, NETIF_F_HW_CSUM)).toEqual([100, 100, 100, 100, 100, 100, 40]);
    expect(membersOf(control).map(({ cloned }) => cloned)).toEqual(Array(6).fill(true));
  });
});
