import { describe, expect, test } from "vitest";
import { CHECKSUM_PARTIAL } from "../abi/features.js";
import { EINVAL, ENOMEM } from "./errno.js";
import {
  pskbExpandHead,
  skbCopyUbufs,
  skbCow,
  skbCowHead,
  skbHeaderUnclone,
  skbOrphanFrags,
  skbUnclone,
  skbUncloneKeeptruesize,
} from "./expand.js";
import { kfreeSkb } from "./free.js";
import { skbSetOwnerW } from "./owner.js";
import { SKBFL_MANAGED_FRAG_REFS } from "./SharedInfo.js";
import type { SkBuff } from "./SkBuff.js";
import { Sock } from "./Sock.js";
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
  shapeOf,
} from "./testing/make.js";

const LIST = { linear: 20, frags: [7, 9], members: [{ linear: 11 }, { linear: 10 }], gsoSize: 27, gsoSegs: 3 };

/** A packet and one clone of it. */
function cloned(shape = LIST): { skb: SkBuff; clone: SkBuff } {
  const skb = makeSkb(makeMemory(), shape);
  return { skb, clone: must(clonesOf(skb, 1)[0]) };
}

const pagesOf = (skb: SkBuff): number[] => skb.shinfo.seen().frags.map((frag) => frag.page.refs);
const usersOf = (skb: SkBuff): number[] => membersOf(skb).map((member) => member.users);

describe("pskb_expand_head of a packet alone", () => {
  test("makes room on both sides and moves every reference as it is", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const old = skb.head;
    Object.assign(skb, { macHeader: 50, networkHeader: 64, transportHeader: 70, hdrLen: 9 });
    Object.assign(skb, { ipSummed: CHECKSUM_PARTIAL, csumStart: 70, csumOffset: 6 });
    skb.shinfo.metaLen = 4;
    skb.shinfo.txFlags = 1;
    skb.shinfo.tskey = 77;
    expect(pskbExpandHead(skb, 32, 10)).toBe(0);
    expect([old.alive, skb.head === old, skb.mem.heads]).toEqual([false, false, 3]);
    expect([skb.data, skb.tail, skb.end]).toEqual([96, 116, 84 + 42]);
    expect([skb.macHeader, skb.networkHeader, skb.transportHeader, skb.csumStart]).toEqual([82, 96, 102, 102]);
    expect([skb.hdrLen, skb.shinfo.metaLen, skb.shinfo.txFlags, skb.shinfo.tskey]).toEqual([0, 0, 1, 77]);
    expect([pagesOf(skb), usersOf(skb), skb.shinfo.gsoSize]).toEqual([[1, 1], [1, 1], 27]);
    expect(flatten(skb)).toEqual(payload(57));
    expect(brokenRules([skb])).toEqual([]);
  });

  test("copies the headroom too", () => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    skb.data += 12;
    skb.len -= 12;
    pskbExpandHead(skb, 5, 0);
    skb.data -= 12;
    skb.len += 12;
    expect(flatten(skb)).toEqual(payload(20));
  });

  test("rounds as the allocator in force does", () => {
    const skb = makeSkb(makeMemory("kmalloc612"), { headroom: 64, linear: 400 });
    expect(skb.end).toBe(704);
    expect(pskbExpandHead(skb, 0, 1)).toBe(0);
    expect(skb.end).toBe(2048 - 320);
    expect(skb.truesize).toBe(2048 + 256);
  });

  test("charges the growth unless a socket pays", () => {
    const grown = (prepare: (skb: SkBuff) => void): number => {
      const skb = makeSkb(makeMemory(), { linear: 20 });
      prepare(skb);
      const before = skb.truesize;
      pskbExpandHead(skb, 64, 36);
      return skb.truesize - before;
    };
    expect(grown(() => {})).toBe(100);
    expect(grown((skb) => skbSetOwnerW(skb, new Sock("sender")))).toBe(0);
    expect(grown((skb) => Object.assign(skb, { sk: new Sock("early"), destructor: "sock_edemux" }))).toBe(100);
  });

  test("gives back a page-backed head and is slab memory afterwards", () => {
    const skb = makeSkb(makeMemory(), { linear: 20, headFrag: true });
    const page = must(skb.head.page);
    pskbExpandHead(skb, 0, 0);
    expect([skb.headFrag, skb.head.page, page.refs]).toEqual([false, undefined, 0]);
  });

  test("takes the header back from a payload-only holder", () => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    skbHeaderReleaseInner(skb);
    pskbExpandHead(skb, 0, 0);
    expect([skb.nohdr, skb.shinfo.datarefSeen]).toEqual([false, 1]);
    expect(brokenRules([skb])).toEqual([]);
  });

  test("takes the page references that a zero-copy owner managed", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const owner = giveZerocopyOwner(skb, "managed");
    pskbExpandHead(skb, 0, 0);
    expect([pagesOf(skb), owner.refs]).toEqual([[2, 2], 1]);
    expect(skb.shinfo.flags & SKBFL_MANAGED_FRAG_REFS).toBe(0);
  });
});

describe("pskb_expand_head of a clone", () => {
  test("takes a reference on every page and every member, and leaves the sibling as it was", () => {
    const { skb, clone } = cloned();
    expect(pskbExpandHead(clone, 0, 0)).toBe(0);
    expect([pagesOf(skb), usersOf(skb)]).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(membersOf(clone)).toEqual(membersOf(skb));
    expect([skb.shinfo.datarefSeen, clone.shinfo.datarefSeen, clone.cloned, skb.cloned]).toEqual([1, 1, false, true]);
    expect(brokenRules([skb, clone])).toEqual([]);
    expect([flatten(skb), flatten(clone)]).toEqual([payload(57), payload(57)]);
    kfreeSkb(skb);
    expect(usersOf(clone)).toEqual([1, 1]);
    kfreeSkb(clone);
    expect(alive(clone.mem)).toEqual(NOTHING_ALIVE);
    expect(clone.mem.reports).toEqual([]);
  });

  test("holds a zero-copy owner twice", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const owner = giveZerocopyOwner(skb, "do-not-orphan");
    const clone = must(clonesOf(skb, 1)[0]);
    pskbExpandHead(clone, 0, 0);
    expect(owner.refs).toBe(2);
    kfreeSkb(clone);
    kfreeSkb(skb);
    expect(owner.refs).toBe(0);
  });

  test("that fails leaves everything as it was", () => {
    const { skb, clone } = cloned();
    const before = { ...alive(skb.mem), head: clone.head, truesize: clone.truesize, data: clone.data };
    failAllocations(skb.mem, 1);
    expect(pskbExpandHead(clone, 64, 0)).toBe(-ENOMEM);
    const { head, truesize, data } = clone;
    expect({ ...alive(skb.mem), head, truesize, data }).toEqual(before);
    expect([pagesOf(skb), usersOf(skb), skb.shinfo.datarefSeen]).toEqual([[1, 1], [1, 1], 2]);
  });

  test("that cannot copy the user fragments gives back the new head", () => {
    const { skb, clone } = cloned();
    // skb_clone never leaves such a pair: user memory that must be copied, already shared.
    giveZerocopyOwner(skb);
    const before = alive(skb.mem);
    failAllocations(skb.mem, 2);
    expect(pskbExpandHead(clone, 0, 0)).toBe(-ENOMEM);
    expect(alive(skb.mem)).toEqual(before);
    expect(clone.head).toBe(skb.head);
  });
});

describe("pskb_expand_head stops the kernel", () => {
  test("for negative room", () => {
    expect(faultOf(() => pskbExpandHead(makeSkb(makeMemory()), -1, 0))).toBe("BUG(expand-neg)");
  });

  test("for a shared sk_buff", () => {
    const skb = makeSkb(makeMemory());
    skb.users = 2;
    expect(faultOf(() => pskbExpandHead(skb, 0, 0))).toBe("BUG(expand-shared)");
  });
});

describe("the wrappers", () => {
  /** A clone whose only sibling gave up the header. */
  function headerOnly(): SkBuff {
    const skb = makeSkb(makeMemory(), LIST);
    skbHeaderReleaseInner(skb);
    return must(clonesOf(skb, 1)[0]);
  }

  test.each([
    ["skb_unclone", skbUnclone, false, true, true],
    ["skb_header_unclone", skbHeaderUnclone, false, true, false],
    ["skb_unclone_keeptruesize", skbUncloneKeeptruesize, false, true, true],
    ["skb_cow without need of room", (skb: SkBuff) => skbCow(skb, 64), false, true, true],
    ["skb_cow_head without need of room", (skb: SkBuff) => skbCowHead(skb, 64), false, true, false],
    ["skb_cow in need of room", (skb: SkBuff) => skbCow(skb, 65), true, true, true],
    ["skb_cow_head in need of room", (skb: SkBuff) => skbCowHead(skb, 65), true, true, true],
  ])("%s makes a new head for one alone: %4$s, a clone: %5$s, a header-only clone: %6$s", (_, wrapper, ...wanted) => {
    const { clone } = cloned();
    const made = [makeSkb(makeMemory(), LIST), clone, headerOnly()].map((skb) => {
      const { head } = skb;
      expect(wrapper(skb)).toBe(0);
      return skb.head !== head;
    });
    expect(made).toEqual(wanted);
  });

  test("give -ENOMEM when no head can be had", () => {
    for (const wrapper of [skbUnclone, skbHeaderUnclone, skbUncloneKeeptruesize]) {
      const { clone } = cloned();
      failAllocations(clone.mem, 1);
      expect(wrapper(clone)).toBe(-ENOMEM);
      expect(skbCloned(clone)).toBe(true);
    }
  });

  test("skb_unclone_keeptruesize keeps truesize and end though the head is larger", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const clone = must(clonesOf(skb, 1)[0]);
    clone.mem.rounding = (size) => size + 100;
    const before = [clone.truesize, clone.end];
    expect(skbUncloneKeeptruesize(clone)).toBe(0);
    expect([clone.truesize, clone.end]).toEqual(before);
    expect(clone.head.size).toBe(clone.end + 100);
  });

  test("skb_cow adds the missing headroom in steps of a cache line", () => {
    const skb = makeSkb(makeMemory(), LIST);
    expect(skbCow(skb, 65)).toBe(0);
    expect(skb.headroom).toBe(128);
    expect(skbCow(skb, 128 + 65)).toBe(0);
    expect(skb.headroom).toBe(256);
  });
});

describe("skb_copy_ubufs", () => {
  test("copies the fragments into as few fresh pages as hold them, in order", () => {
    const skb = makeSkb(makeMemory(), { linear: 5, frags: [3000, 1, 3000, 2500] });
    const owner = giveZerocopyOwner(skb);
    const pages = skb.shinfo.seen().frags.map((frag) => frag.page);
    expect(skbCopyUbufs(skb)).toBe(0);
    expect(shapeOf(skb)).toBe("linear 5 | frags 4096 4096 309");
    expect(flatten(skb)).toEqual(payload(8506));
    expect([owner.refs, skb.shinfo.flags, skb.shinfo.destructorArg]).toEqual([0, 0, null]);
    expect(pages.map((page) => page.refs)).toEqual([0, 0, 0, 0]);
    expect(brokenRules([skb])).toEqual([]);
  });

  test("takes larger pages when 17 of them would not do", () => {
    const skb = makeSkb(makeMemory(), { frags: [17 * 4096 + 1] });
    giveZerocopyOwner(skb);
    expect(skbCopyUbufs(skb)).toBe(0);
    expect(skb.shinfo.frags.map((frag) => frag.page.size)).toEqual(Array(9).fill(8192));
    expect(flatten(skb)).toEqual(payload(17 * 4096 + 1));
  });

  test("leaves the count of fragments and truesize apart", () => {
    const skb = makeSkb(makeMemory(), { linear: 5, frags: [100, 100] });
    giveZerocopyOwner(skb);
    const { truesize } = skb;
    skbCopyUbufs(skb);
    expect([skb.shinfo.nrFrags, skb.truesize]).toEqual([1, truesize]);
  });

  test("ends zero-copy of a packet without fragments", () => {
    const skb = makeSkb(makeMemory(), { linear: 5 });
    const owner = giveZerocopyOwner(skb);
    expect(skbCopyUbufs(skb)).toBe(0);
    expect([owner.refs, skb.shinfo.flags]).toEqual([0, 0]);
  });

  test("does not drop page references that the owner manages", () => {
    const skb = makeSkb(makeMemory(), { frags: [100] });
    giveZerocopyOwner(skb, "managed");
    const { page } = must(skb.shinfo.seen().frags[0]);
    expect(skbCopyUbufs(skb)).toBe(0);
    expect(page.refs).toBe(1);
  });

  test("un-clones first, and refuses what it cannot have alone", () => {
    const skb = makeSkb(makeMemory(), { linear: 5, frags: [100, 100] });
    giveZerocopyOwner(skb, "do-not-orphan");
    const clone = must(clonesOf(skb, 1)[0]);
    failAllocations(skb.mem, 1);
    expect(skbCopyUbufs(clone)).toBe(-EINVAL);
    expect(skbCopyUbufs(clone)).toBe(0);
    expect([shapeOf(skb), shapeOf(clone)]).toEqual(["linear 5 | frags 100 100", "linear 5 | frags 200"]);
    skb.users = 2;
    expect(skbCopyUbufs(skb)).toBe(-EINVAL);
  });

  test("that fails half-way gives back the pages it had", () => {
    const skb = makeSkb(makeMemory(), { frags: [5000] });
    const owner = giveZerocopyOwner(skb);
    const before = alive(skb.mem);
    failAllocations(skb.mem, 2);
    expect(skbCopyUbufs(skb)).toBe(-ENOMEM);
    expect(alive(skb.mem)).toEqual(before);
    expect([owner.refs, shapeOf(skb)]).toEqual([1, "linear 0 | frags 5000"]);
  });

  test("tells the trace how many fragments became how many", () => {
    const skb = makeSkb(makeMemory(), { frags: [10, 20, 30] });
    giveZerocopyOwner(skb);
    const steps: string[] = [];
    skb.mem.onStep = (text) => steps.push(text);
    skbCopyUbufs(skb);
    expect(steps).toEqual([`${skb.name}: user fragments copied, 3 become 1`]);
  });
});

describe("skb_orphan_frags", () => {
  test("copies only live zero-copy that may be orphaned", () => {
    const shapes = (["owned", "do-not-orphan", "managed"] as const).map((kind) => {
      const skb = makeSkb(makeMemory(), { frags: [10, 20] });
      giveZerocopyOwner(skb, kind);
      expect(skbOrphanFrags(skb)).toBe(0);
      return shapeOf(skb);
    });
    expect(shapes).toEqual(["linear 0 | frags 30", "linear 0 | frags 10 20", "linear 0 | frags 10 20"]);
    const plain = makeSkb(makeMemory(), { frags: [10, 20] });
    expect(skbOrphanFrags(plain)).toBe(0);
    expect(shapeOf(plain)).toBe("linear 0 | frags 10 20");
  });
});
