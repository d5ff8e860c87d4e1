/** The crash by hand: members that two shared infos list, taken by both as if they were private. */
import { describe, expect, test } from "vitest";
import { NETIF_F_IP_CSUM, NETIF_F_IPV6_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { mainline } from "../../kernel/Kernel.js";
import { kernelFor } from "../../kernel/kernelFor.js";
import { KernelFault } from "../../memory/fault.js";
import { Memory } from "../../memory/Memory.js";
import { skbGsoSegmentInner } from "../../net/core/gso.js";
import type { NetKernel } from "../../net/NetKernel.js";
import { offloads } from "../../net/offloads.js";
import { type PacketRecipe, schema } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { readU16 } from "../../skb/bytes.js";
import { skbClone } from "../../skb/clone.js";
import { skbUnclone } from "../../skb/expand.js";
import { consumeSkb, kfreeSkb, kfreeSkbList } from "../../skb/free.js";
import { skbPullInner, skbPush } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { chain, must } from "../../skb/testing/make.js";
import { buildPacket } from "./buildPacket.js";
import { planPacket } from "./packetPlan.js";
import { World } from "./World.js";

const least = leastOf(schema.packet);
const member = { ...leastOf(schema.member), payload: 91 };
/** IPv6 multicast, one member, 91 bytes in each datagram. */
const packet: PacketRecipe = { ...least, evenMembers: true, head: { ...least.head, payload: 91 }, members: [member] };

const off: NetKernel = { ...kernelFor(undefined, ["fraglist-shared-members"]).seams, offloads };

describe("(c) double traversal, with V.memberShared off and the sibling un-cloned before", () => {
  const local6 = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM;

  /** Segments clone 1, then clone 2 of a packet with k members of 91 bytes; returns the head of the second result. */
  function segmentedTwice(k: number) {
    const world = new World(new Memory(), off);
    const one = buildPacket(world, planPacket({ ...packet, members: Array(k).fill(member) }));
    const two = must(skbClone(one));
    expect(skbUnclone(two)).toBe(0);
    for (const clone of [one, two]) skbPush(clone, 14);
    const aggregate = { len: two.len, dataLen: two.dataLen, headlen: two.headlen };
    const first = skbGsoSegmentInner(off, one, local6, false);
    const lens = chain(first as SkBuff).map(({ len }) => len);
    const second = skbGsoSegmentInner(off, two, local6, false) as SkBuff;
    return { aggregate, lens, head: second };
  }

  test("one member: the published dump, number by number", () => {
    const { aggregate, lens, head } = segmentedTwice(1);
    // Segment clone 1: correct output; the member is 153 bytes long from then on.
    expect(lens).toEqual([153, 153]);
    expect(aggregate).toEqual({ len: 244, dataLen: 91, headlen: 153 });
    expect(head.len).toBe(91);
    expect(head.dataLen).toBe(0xffff_ffc2);
    expect(head.headlen).toBe(153);
    expect(readU16(head, head.networkHeader + 4)).toBe(37);
    expect(readU16(head, head.transportHeader + 4)).toBe(99);
    expect(head.transportOffset).toBe(54);
    const { gsoSize, gsoSegs, gsoType } = head.head.shinfo.seen();
    expect([gsoSize, gsoSegs, gsoType]).toEqual([0, 0, 0]);
    expect(() => skbPullInner(head, 54)).toThrow("BUG(pull)");
  });

  test("two members: len 29, the pull gives 0xffffffe7, no BUG, corrupt packet delivered", () => {
    const { lens, head } = segmentedTwice(2);
    expect(lens).toEqual([153, 153, 153]);
    expect([head.len, head.dataLen, head.headlen]).toEqual([29, 0xffff_ff84, 153]);
    skbPullInner(head, 54);
    expect([head.len, head.headlen]).toEqual([0xffff_ffe7, 99]);
  });

  test.each([1, 2, 3, 5])("k = %d members: data_len = -62 k, len = 153 - 62 k", (k) => {
    const { head } = segmentedTwice(k);
    expect([head.len, head.dataLen]).toEqual([(153 - 62 * k) >>> 0, (-62 * k) >>> 0]);
  });
});

describe("(e) member freed under a sibling", () => {
  /** X segmented after a sibling was un-cloned, its result joined to a later packet, as validate_xmit_skb_list does. */
  function linkedIntoAQueue(k: NetKernel) {
    const world = new World(new Memory(), k);
    const x = buildPacket(world, planPacket(packet));
    const y = must(skbClone(x));
    expect(skbUnclone(y)).toBe(0);
    const first = must(x.head.shinfo.seen().fragList);
    expect([first, first.users]).toEqual([y.head.shinfo.seen().fragList, 2]);
    skbPush(x, 14);
    const segs = skbGsoSegmentInner(k, x, NETIF_F_SG, false);
    consumeSkb(x);
    const later = buildPacket(world, planPacket({ ...packet, gso: "none", members: [] }));
    must(x.prev).next = later;
    expect(segs).toBe(x);
    return { mem: world.mem, x, y, first, later };
  }

  test("V.memberShared off: X's consumer frees members down to 1, Y's release takes them to 0", () => {
    const { x, y, first, later } = linkedIntoAQueue(off);
    expect([x.next, first.users]).toEqual([first, 2]);
    first.next = null;
    kfreeSkb(later);
    kfreeSkbList(x);
    expect(first.users).toBe(1);
    kfreeSkb(y);
    expect(first.users).toBe(0);
  });

  test("or vice versa, with what X's consumer still queues behind them: refcount underflow", () => {
    const { mem, x, y, later } = linkedIntoAQueue(off);
    expect(later.users).toBe(1);
    // Y's list runs on into X's queue: a packet that Y never held goes with its members.
    kfreeSkb(y);
    expect(later.users).toBe(0);
    expect(() => kfreeSkbList(x)).toThrow(KernelFault);
    expect(mem.reports.map(({ kind, field }) => `${kind} ${field}`)).toEqual(["double-free users"]);
  });

  test("mainline links a copy: Y's release touches nothing of X's queue", () => {
    const { mem, x, y, first, later } = linkedIntoAQueue({ ...mainline.seams, offloads });
    expect(x.next).not.toBe(first);
    kfreeSkb(y);
    expect(later.users).toBe(1);
    kfreeSkbList(x);
    expect([mem.reports, mem.skbs, mem.heads]).toEqual([[], 0, 0]);
  });
});
