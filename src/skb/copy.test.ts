import { describe, expect, test } from "vitest";
import { SKB_GSO_FRAGLIST, SKB_GSO_UDP_L4 } from "../abi/features.js";
import { pskbCopy, skbCopy, skbCopyExpand, skbShareCheck, skbUnshare } from "./copy.js";
import { kfreeSkb } from "./free.js";
import { SKBFL_SHARED_FRAG } from "./SharedInfo.js";
import {
  alive,
  brokenRules,
  clonesOf,
  failAllocations,
  flatten,
  giveZerocopyOwner,
  makeMemory,
  makeSkb,
  membersOf,
  must,
  NOTHING_ALIVE,
  payload,
  shapeOf,
} from "./testing/make.js";

const LIST = {
  headroom: 40,
  linear: 20,
  tailroom: 6,
  frags: [7, 9],
  members: [{ linear: 11 }, { linear: 10 }],
  gsoSize: 27,
  gsoSegs: 3,
  gsoType: SKB_GSO_UDP_L4,
};

describe("skb_copy", () => {
  test("flattens everything, with the room of the original and its GSO fields", () => {
    const skb = makeSkb(makeMemory(), LIST);
    skb.networkHeader = 40;
    const copy = must(skbCopy(skb));
    expect(shapeOf(copy)).toBe("linear 57");
    expect(flatten(copy)).toEqual(payload(57));
    expect([copy.end, copy.headroom, copy.tailroom]).toEqual([skb.end + skb.dataLen, 40, 6]);
    expect([copy.shinfo.gsoSize, copy.shinfo.gsoSegs, copy.shinfo.gsoType]).toEqual([27, 3, SKB_GSO_UDP_L4]);
    expect(copy.networkHeader).toBe(40);
    expect(membersOf(skb).map((member) => member.users)).toEqual([1, 1]);
    expect(brokenRules([skb, copy])).toEqual([]);
  });

  test("takes the bytes of the headroom along", () => {
    const skb = makeSkb(makeMemory(), LIST);
    skb.data += 14;
    skb.len -= 14;
    const copy = must(skbCopy(skb));
    copy.data -= 14;
    copy.len += 14;
    expect(flatten(copy)).toEqual(payload(57));
  });

  test("refuses a list, whose boundaries would go, with a warning", () => {
    const skb = makeSkb(makeMemory(), { ...LIST, gsoType: SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST });
    expect(skbCopy(skb)).toBeNull();
    expect(skbCopyExpand(skb, 0, 0)).toBeNull();
    expect(skb.mem.warnings.map((one) => `${one.kind} ${one.id}`)).toEqual([
      "WARN copy-fraglist",
      "WARN copy-fraglist",
    ]);
  });

  test("is null when memory runs out", () => {
    const skb = makeSkb(makeMemory(), LIST);
    failAllocations(skb.mem, 1);
    expect(skbCopy(skb)).toBeNull();
    expect(skb.mem.warnings).toEqual([]);
  });
});

describe("skb_copy_expand", () => {
  test.each([
    [100, 9],
    [40, 0],
    [10, 3],
    [0, 0],
  ])("gives %i bytes in front and %i behind, with header offsets that fit", (headroom, tailroom) => {
    const skb = makeSkb(makeMemory(), LIST);
    Object.assign(skb, { macHeader: 26, networkHeader: 40, transportHeader: 45 });
    const copy = must(skbCopyExpand(skb, headroom, tailroom));
    expect([copy.headroom, copy.tailroom]).toEqual([headroom, tailroom]);
    expect(flatten(copy)).toEqual(payload(57));
    expect([copy.networkOffset, copy.transportOffset]).toEqual([0, 5]);
    const front = Math.min(headroom, 40);
    const bytes = skb.mem.arena.bytes;
    const inFront = (at: { head: { base: number }; data: number }) =>
      bytes.slice(at.head.base + at.data - front, at.head.base + at.data);
    expect(inFront(copy)).toEqual(inFront(skb));
  });
});

describe("pskb_copy", () => {
  test("copies the linear part and shares pages and members by reference", () => {
    const skb = makeSkb(makeMemory(), LIST);
    skb.shinfo.flags = SKBFL_SHARED_FRAG;
    const copy = must(pskbCopy(skb, 40));
    expect(shapeOf(copy)).toBe(shapeOf(skb));
    expect(flatten(copy)).toEqual(payload(57));
    expect(copy.shinfo.frags.map((frag) => frag.page.refs)).toEqual([2, 2]);
    expect(membersOf(copy).map((member) => member.users)).toEqual([2, 2]);
    expect(copy.shinfo.flags).toBe(SKBFL_SHARED_FRAG);
    expect([copy.shinfo.gsoSize, copy.headroom, copy.end]).toEqual([27, 40, 60]);
    expect(copy.truesize).toBe(60 + 576 + 37);
    expect(brokenRules([skb, copy])).toEqual([]);
    kfreeSkb(skb);
    expect(flatten(copy)).toEqual(payload(57));
    kfreeSkb(copy);
    expect(alive(copy.mem)).toEqual(NOTHING_ALIVE);
  });

  test("of a linear packet has nothing to share", () => {
    const skb = makeSkb(makeMemory(), { linear: 9 });
    expect(shapeOf(must(pskbCopy(skb, 0)))).toBe("linear 9");
  });

  test("leaves header offsets as they were, as the kernel does", () => {
    const skb = makeSkb(makeMemory(), { headroom: 40, linear: 9 });
    skb.networkHeader = 40;
    expect(must(pskbCopy(skb, 64)).networkHeader).toBe(40);
  });

  test("copies user fragments away first", () => {
    const skb = makeSkb(makeMemory(), { linear: 4, frags: [10, 20] });
    const owner = giveZerocopyOwner(skb);
    const copy = must(pskbCopy(skb, 0));
    expect([shapeOf(skb), shapeOf(copy), owner.refs]).toEqual(["linear 4 | frags 30", "linear 4 | frags 30", 0]);
  });

  test("holds the owner of user fragments that may stay", () => {
    const skb = makeSkb(makeMemory(), { linear: 4, frags: [10, 20] });
    const owner = giveZerocopyOwner(skb, "do-not-orphan");
    const copy = must(pskbCopy(skb, 0));
    expect([copy.shinfo.destructorArg, owner.refs]).toEqual([owner, 2]);
  });

  test.each([1, 2])("gives everything back when allocation %i fails", (nth) => {
    const skb = makeSkb(makeMemory(), { linear: 4, frags: [10, 20] });
    giveZerocopyOwner(skb);
    const before = alive(skb.mem);
    failAllocations(skb.mem, nth);
    expect(pskbCopy(skb, 0)).toBeNull();
    expect(alive(skb.mem)).toEqual(before);
    expect(skb.mem.reports).toEqual([]);
  });
});

describe("skb_unshare", () => {
  test("gives back a packet that is not cloned", () => {
    const skb = makeSkb(makeMemory(), LIST);
    expect(skbUnshare(skb)).toBe(skb);
  });

  test("copies a clone and drops it", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const clone = must(clonesOf(skb, 1)[0]);
    const copy = must(skbUnshare(clone));
    expect([copy === clone, clone.users, shapeOf(copy), skb.shinfo.datarefSeen]).toEqual([false, 0, "linear 57", 1]);
  });

  test("drops the clone even when the copy failed", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const clone = must(clonesOf(skb, 1)[0]);
    failAllocations(skb.mem, 1);
    expect([skbUnshare(clone), clone.users]).toEqual([null, 0]);
  });
});

describe("skb_share_check", () => {
  test("gives back an sk_buff with one holder", () => {
    const skb = makeSkb(makeMemory(), LIST);
    expect(skbShareCheck(skb)).toBe(skb);
  });

  test("clones a shared one and drops one reference", () => {
    const skb = makeSkb(makeMemory(), LIST);
    skb.users = 2;
    const clone = must(skbShareCheck(skb));
    expect([clone === skb, skb.users, clone.users, clone.head === skb.head]).toEqual([false, 1, 1, true]);
  });

  test("drops the reference even when the clone failed", () => {
    const skb = makeSkb(makeMemory(), LIST);
    skb.users = 2;
    failAllocations(skb.mem, 1);
    expect([skbShareCheck(skb), skb.users]).toEqual([null, 1]);
  });
});
