import { describe, expect, test } from "vitest";
import { SKB_GSO_DODGY, SKB_GSO_FRAGLIST, SKB_GSO_UDP_L4 } from "../abi/features.js";
import { ENOMEM } from "./errno.js";
import { kfreeSkb } from "./free.js";
import {
  pskbMayPull,
  pskbPull,
  pskbPullTailInner,
  skbEnsureWritable,
  skbLinearize,
  skbLinearizeInner,
} from "./pullTail.js";
import { skbCloned, skbHeaderReleaseInner } from "./sharing.js";
import {
  alive,
  brokenRules,
  clonesOf,
  failAllocations,
  faultOf,
  flatten,
  giveZerocopyOwner,
  makeMemory,
  makeSkb,
  membersOf,
  must,
  NOTHING_ALIVE,
  payload,
  type Shape,
  shapeOf,
} from "./testing/make.js";

const FRAGLIST = SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST;
/** Payload 11 11 11 10 as GRO leaves it, with headers of 28 bytes in front of the first. */
const LIST: Shape = {
  linear: 39,
  members: [{ linear: 11 }, { linear: 11 }, { linear: 10 }],
  gsoSize: 11,
  gsoSegs: 4,
  gsoType: FRAGLIST,
};

describe("pskb_may_pull", () => {
  test("is true for what is linear already, and touches nothing", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const { head } = skb;
    expect([pskbMayPull(skb, 0), pskbMayPull(skb, 39), skb.head === head]).toEqual([true, true, true]);
  });

  test("is false for more than there is, and for a length that wraps", () => {
    const skb = makeSkb(makeMemory(), LIST);
    expect([pskbMayPull(skb, 72), pskbMayPull(skb, -1)]).toEqual([false, false]);
    expect(shapeOf(skb)).toBe("linear 39 | list [linear 11, linear 11, linear 10]");
  });

  test("pulls what is missing", () => {
    const skb = makeSkb(makeMemory(), LIST);
    expect(pskbMayPull(skb, 71)).toBe(true);
    expect(shapeOf(skb)).toBe("linear 71");
  });

  test("gives pskb_pull its bytes wherever they lie", () => {
    const skb = makeSkb(makeMemory(), LIST);
    expect(pskbPull(skb, 72)).toBe(false);
    expect(pskbPull(skb, 50)).toBe(true);
    expect(flatten(skb)).toEqual(payload(21, 50));
    expect(brokenRules([skb])).toEqual([]);
  });
});

describe("__pskb_pull_tail from fragments", () => {
  test.each([
    [3, "linear 13 | frags 4 5 6"],
    [7, "linear 17 | frags 5 6"],
    [9, "linear 19 | frags 3 6"],
    [12, "linear 22 | frags 6"],
    [18, "linear 28"],
  ])("of %i bytes leaves %s", (delta, shape) => {
    const skb = makeSkb(makeMemory(), { linear: 10, tailroom: 20, frags: [7, 5, 6] });
    const { head } = skb;
    expect(pskbPullTailInner(skb, delta)).toBe(true);
    expect(shapeOf(skb)).toBe(shape);
    expect(flatten(skb)).toEqual(payload(28));
    expect([skb.head === head, skb.len]).toEqual([true, 28]);
    expect(brokenRules([skb])).toEqual([]);
    expect(skb.mem.pageRefs).toBe(skb.shinfo.nrFrags);
  });

  test("takes 128 bytes more than needed when there is no room, and leaves truesize to the growth", () => {
    const skb = makeSkb(makeMemory(), { linear: 10, tailroom: 2, frags: [7] });
    const { truesize, end } = skb;
    pskbPullTailInner(skb, 5);
    expect([skb.end - end, skb.truesize - truesize]).toEqual([3 + 128, 3 + 128]);
  });

  test("un-clones, and leaves the sibling its fragments", () => {
    const skb = makeSkb(makeMemory(), { linear: 10, tailroom: 20, frags: [7, 5] });
    const clone = must(clonesOf(skb, 1)[0]);
    expect(pskbPullTailInner(clone, 9)).toBe(true);
    expect([shapeOf(skb), shapeOf(clone)]).toEqual(["linear 10 | frags 7 5", "linear 19 | frags 3"]);
    expect(flatten(skb)).toEqual(flatten(clone));
    expect(brokenRules([skb, clone])).toEqual([]);
  });

  test("fails without a head to be had, and leaves the packet as it was", () => {
    const skb = makeSkb(makeMemory(), { linear: 10, frags: [7] });
    failAllocations(skb.mem, 1);
    expect(pskbPullTailInner(skb, 1)).toBe(false);
    expect(shapeOf(skb)).toBe("linear 10 | frags 7");
  });

  test("ends zero-copy with the last fragment, and not before", () => {
    const skb = makeSkb(makeMemory(), { linear: 10, frags: [7] });
    const owner = giveZerocopyOwner(skb);
    pskbPullTailInner(skb, 6);
    expect(owner.refs).toBe(1);
    pskbPullTailInner(skb, 1);
    expect([owner.refs, skb.shinfo.flags, skb.mem.pageRefs]).toEqual([0, 0, 0]);
  });

  test("stops the kernel when there are fewer bytes than it says", () => {
    const skb = makeSkb(makeMemory(), { linear: 10, tailroom: 20, frags: [7] });
    expect(faultOf(() => pskbPullTailInner(skb, 8))).toBe("BUG(pull-tail-copy)");
    const short = makeSkb(makeMemory(), { linear: 10, tailroom: 20, members: [{ linear: 7 }] });
    membersOf(short)[0]!.len = 3;
    membersOf(short)[0]!.tail -= 4;
    expect(faultOf(() => pskbPullTailInner(short, 7))).toBe("BUG(pull-tail-copy)");
  });
});

describe("__pskb_pull_tail from a frag_list", () => {
  test("leaves the list alone while fragments suffice", () => {
    const skb = makeSkb(makeMemory(), { linear: 10, frags: [4, 4], members: [{ linear: 5 }] });
    pskbPullTailInner(skb, 8);
    expect(shapeOf(skb)).toBe("linear 18 | list [linear 5]");
  });

  test("eats members whole, which lose one reference each", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const [first, second, third] = membersOf(skb);
    must(second).users = 2;
    expect(pskbPullTailInner(skb, 22)).toBe(true);
    expect([first?.users, second?.users, third?.users]).toEqual([0, 1, 1]);
    expect(shapeOf(skb)).toBe("linear 61 | list [linear 10]");
    expect(skb.shinfo.gsoType).toBe(FRAGLIST);
    expect(flatten(skb)).toEqual(payload(71));
  });

  test("eats into a member, whose linear payload makes the geometry dodgy", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const [first] = membersOf(skb);
    expect(pskbPullTailInner(skb, 1)).toBe(true);
    expect(shapeOf(skb)).toBe("linear 40 | list [linear 10, linear 11, linear 10]");
    expect([membersOf(skb)[0], skb.shinfo.gsoType, skb.shinfo.gsoSize]).toEqual([first, FRAGLIST | SKB_GSO_DODGY, 11]);
    expect(brokenRules([skb])).toEqual([]);
  });

  test.each([
    ["no GSO packet", { gsoSize: 0 }, { linear: 11 }],
    ["a page-backed member", {}, { linear: 11, headFrag: true }],
    ["a member without linear bytes", {}, { frags: [11] }],
  ])("marks nothing for %s", (_, head, member) => {
    const skb = makeSkb(makeMemory(), { ...LIST, ...head, members: [member] });
    expect(pskbPullTailInner(skb, 4)).toBe(true);
    expect(skb.shinfo.gsoType).toBe(FRAGLIST);
    expect(flatten(skb)).toEqual(payload(50));
  });

  test("clones a shared member that it eats in part, and links the clone in its place", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const [first, second, third] = membersOf(skb);
    must(second).users = 2;
    expect(pskbPullTailInner(skb, 15)).toBe(true);
    const now = membersOf(skb);
    expect([now.length, now[0] === second, now[1]]).toEqual([2, false, third]);
    expect([first?.users, second?.users, second?.len, second?.data]).toEqual([0, 1, 11, 64]);
    expect([now[0]?.len, now[0]?.head]).toEqual([7, second?.head]);
    expect(flatten(skb)).toEqual(payload(71));
    expect(brokenRules([skb, must(second)])).toEqual([]);
  });

  test("pulls within the member when its bytes lie in fragments or a list of its own", () => {
    const skb = makeSkb(makeMemory(), { linear: 5, members: [{ linear: 3, frags: [9], members: [{ linear: 6 }] }] });
    expect(pskbPullTailInner(skb, 14)).toBe(true);
    expect(shapeOf(skb)).toBe("linear 19 | list [linear 0 | list [linear 4]]");
    expect(flatten(skb)).toEqual(payload(23));
  });

  test("leaves a sibling's list as it was, members eaten whole included", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const clone = must(clonesOf(skb, 1)[0]);
    expect(pskbPullTailInner(clone, 15)).toBe(true);
    expect(shapeOf(skb)).toBe("linear 39 | list [linear 11, linear 11, linear 10]");
    expect(shapeOf(clone)).toBe("linear 54 | list [linear 7, linear 10]");
    expect([flatten(skb), flatten(clone)]).toEqual([payload(71), payload(71)]);
    expect(brokenRules([skb, clone])).toEqual([]);
    kfreeSkb(skb);
    kfreeSkb(clone);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("that cannot clone the member has marked the packet, and changed nothing else", () => {
    const skb = makeSkb(makeMemory(), { ...LIST, tailroom: 40 });
    membersOf(skb)[0]!.users = 2;
    failAllocations(skb.mem, 1);
    expect(pskbPullTailInner(skb, 4)).toBe(false);
    expect(shapeOf(skb)).toBe("linear 39 | list [linear 11, linear 11, linear 10]");
    expect(skb.shinfo.gsoType).toBe(FRAGLIST | SKB_GSO_DODGY);
    expect(membersOf(skb)[0]?.users).toBe(2);
  });

  test("that cannot pull within the clone frees the clone", () => {
    const skb = makeSkb(makeMemory(), { linear: 5, tailroom: 40, members: [{ linear: 2, frags: [9] }] });
    const [member] = membersOf(skb);
    must(member).users = 2;
    const before = alive(skb.mem);
    failAllocations(skb.mem, 2);
    expect(pskbPullTailInner(skb, 4)).toBe(false);
    expect(alive(skb.mem)).toEqual(before);
    expect([member?.users, member?.shinfo.datarefSeen, shapeOf(skb)]).toEqual([
      2,
      1,
      "linear 5 | list [linear 2 | frags 9]",
    ]);
  });

  test("that cannot pull within an unshared member leaves that one", () => {
    const skb = makeSkb(makeMemory(), { linear: 5, tailroom: 40, members: [{ linear: 2, frags: [9] }] });
    failAllocations(skb.mem, 1);
    expect(pskbPullTailInner(skb, 4)).toBe(false);
    expect(shapeOf(skb)).toBe("linear 5 | list [linear 2 | frags 9]");
  });

  test("finds a member that was freed", () => {
    const skb = makeSkb(makeMemory(), LIST);
    kfreeSkb(must(membersOf(skb)[1]));
    expect(faultOf(() => pskbPullTailInner(skb, 20))).toBe("MEMORY(use-after-free)");
  });
});

describe("skb_linearize", () => {
  test("leaves no fragment and no list, and the GSO fields as they are", () => {
    const skb = makeSkb(makeMemory(), { ...LIST, frags: [6] });
    expect(skbLinearize(skb)).toBe(true);
    expect(shapeOf(skb)).toBe("linear 77");
    expect([skb.shinfo.gsoSize, skb.shinfo.gsoSegs, skb.shinfo.gsoType]).toEqual([11, 4, FRAGLIST]);
    expect(flatten(skb)).toEqual(payload(77));
  });

  test("has nothing to do for a linear clone, which __skb_linearize un-clones", () => {
    const skb = makeSkb(makeMemory(), { linear: 9 });
    const clone = must(clonesOf(skb, 1)[0]);
    expect([skbLinearize(clone), skbCloned(clone)]).toEqual([true, true]);
    expect([skbLinearizeInner(clone), skbCloned(clone), skb.head === clone.head]).toEqual([true, false, false]);
    expect(flatten(clone)).toEqual(payload(9));
  });

  test("is false when memory runs out", () => {
    const skb = makeSkb(makeMemory(), LIST);
    failAllocations(skb.mem, 1);
    expect(skbLinearize(skb)).toBe(false);
  });
});

describe("skb_ensure_writable", () => {
  test("pulls, and leaves a packet alone that is alone", () => {
    const skb = makeSkb(makeMemory(), { ...LIST, tailroom: 40 });
    const { head } = skb;
    expect([skbEnsureWritable(skb, 45), skb.head === head, skb.headlen]).toEqual([0, true, 45]);
  });

  test("un-clones unless the bytes lie in the header that the sender gave up", () => {
    const skb = makeSkb(makeMemory(), { headroom: 64, linear: 30 });
    skbHeaderReleaseInner(skb);
    const clone = must(clonesOf(skb, 1)[0]);
    clone.data -= 20;
    clone.len += 20;
    expect([skbEnsureWritable(clone, 20), clone.head === skb.head]).toEqual([0, true]);
    expect([skbEnsureWritable(clone, 21), clone.head === skb.head]).toEqual([0, false]);
  });

  test("gives -ENOMEM for a packet too short, and when memory runs out", () => {
    const skb = makeSkb(makeMemory(), { linear: 30 });
    expect(skbEnsureWritable(skb, 31)).toBe(-ENOMEM);
    const clone = must(clonesOf(skb, 1)[0]);
    failAllocations(skb.mem, 1);
    expect(skbEnsureWritable(clone, 3)).toBe(-ENOMEM);
  });
});
