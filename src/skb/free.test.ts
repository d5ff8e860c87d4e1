import { describe, expect, test } from "vitest";
import { consumeSkb, kfreeSkb, kfreeSkbList, skbGet, skbReleaseData, skbReleaseHeadState } from "./free.js";
import { skbSetOwnerW } from "./owner.js";
import { Reference } from "./Reference.js";
import type { SkBuff } from "./SkBuff.js";
import { Sock } from "./Sock.js";
import { skbHeaderReleaseInner } from "./sharing.js";
import {
  alive,
  clonesOf,
  faultOf,
  giveZerocopyOwner,
  makeMemory,
  makeSkb,
  membersOf,
  must,
  NOTHING_ALIVE,
  reportsOf,
} from "./testing/make.js";

const LIST = { linear: 20, frags: [7], members: [{ linear: 11, frags: [2] }, { linear: 10 }], headFrag: true };

describe("kfree_skb", () => {
  test("of nothing does nothing", () => {
    expect(() => kfreeSkb(null)).not.toThrow();
  });

  test("drops one reference, and frees everything with the last", () => {
    const skb = makeSkb(makeMemory(), LIST);
    skbGet(skb);
    kfreeSkb(skb);
    expect([skb.users, skb.head.alive]).toEqual([1, true]);
    kfreeSkb(skb);
    expect([skb.users, skb.head.alive]).toEqual([0, false]);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("of a freed sk_buff is a double free", () => {
    const skb = makeSkb(makeMemory(), LIST);
    consumeSkb(skb);
    expect(faultOf(() => kfreeSkb(skb))).toBe("MEMORY(double-free)");
    expect(reportsOf(skb.mem)).toEqual(["double-free users"]);
    expect(skb.mem.reports[0]?.site).toEqual(["kfree_skb"]);
  });

  test("after the last reference makes skb_get a use after free", () => {
    const skb = makeSkb(makeMemory(), LIST);
    kfreeSkb(skb);
    expect(faultOf(() => skbGet(skb))).toBe("MEMORY(use-after-free)");
    expect(faultOf(() => skb.shinfo)).toBe("MEMORY(use-after-free)");
    expect(faultOf(() => skbReleaseHeadState(skb))).toBe("MEMORY(use-after-free)");
  });

  test("keeps a page alive that a fragment elsewhere still names", () => {
    const skb = makeSkb(makeMemory(), { linear: 20, headFrag: true });
    const page = must(skb.head.page);
    page.get();
    kfreeSkb(skb);
    expect([page.refs, skb.mem.pageRefs]).toEqual([1, 1]);
  });
});

describe("kfree_skb_list", () => {
  test("drops one reference on each, so that those held elsewhere keep their links", () => {
    const mem = makeMemory();
    const [a, b, c] = [1, 2, 3].map((linear) => makeSkb(mem, { linear })) as [SkBuff, SkBuff, SkBuff];
    a.next = b;
    b.next = c;
    skbGet(b);
    kfreeSkbList(a);
    expect([a.users, b.users, c.users, b.next]).toEqual([0, 1, 0, c]);
  });

  test("of nothing does nothing", () => {
    expect(() => kfreeSkbList(null)).not.toThrow();
  });

  test("does not follow a ring for ever", () => {
    const skb = makeSkb(makeMemory());
    skb.next = skb;
    skb.users = 1 << 20;
    expect(faultOf(() => kfreeSkbList(skb))).toBe("STALL(cyclic-list)");
  });
});

describe("skb_release_head_state", () => {
  test("drops what is held, and clears only dst", () => {
    const mem = makeMemory();
    const skb = makeSkb(mem, { linear: 4 });
    const sk = new Sock("sender");
    skbSetOwnerW(skb, sk);
    const held = ["dst", "conntrack", "extensions"].map((name) => new Reference(mem, name).hold()) as Reference[];
    Object.assign(skb, { dst: held[0], nfct: held[1], extensions: held[2] });
    skbReleaseHeadState(skb);
    expect(held.map((one) => one.refs)).toEqual([1, 1, 1]);
    expect([skb.dst, skb.nfct, skb.extensions]).toEqual([null, held[1], held[2]]);
    expect([skb.sk, skb.destructor, sk.wmemAlloc]).toEqual([sk, "sock_wfree", 1]);
  });
});

describe("skb_release_data", () => {
  test("leaves everything to the clone that remains", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const [clone] = clonesOf(skb, 1) as [SkBuff];
    const before = skb.mem.pageRefs;
    skbReleaseData(skb);
    expect([skb.mem.pageRefs, clone.shinfo.datarefSeen, clone.head.alive]).toEqual([before, 1, true]);
    expect(membersOf(clone).map((member) => member.users)).toEqual([1, 1]);
  });

  test("releases fragments and members once, when the last clone goes", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const members = membersOf(skb);
    const family = [skb, ...clonesOf(skb, 2)] as [SkBuff, SkBuff, SkBuff];
    members[1]!.users = 2;
    kfreeSkb(family[1]);
    kfreeSkb(family[0]);
    expect(members.map((member) => member.users)).toEqual([1, 2]);
    kfreeSkb(family[2]);
    expect(members.map((member) => member.users)).toEqual([0, 1]);
    expect(alive(skb.mem)).toEqual({ skbs: 1, heads: 1, pageRefs: 0 });
  });

  test.each([
    ["the payload-only holder", [0, 1]],
    ["the clone", [1, 0]],
  ])("counts in both halves for %s that goes first", (_, order) => {
    const skb = makeSkb(makeMemory(), LIST);
    skbHeaderReleaseInner(skb);
    const family = [skb, ...clonesOf(skb, 1)];
    kfreeSkb(must(family[order[0] as number]));
    expect(skb.head.shinfo.datarefSeen).toBe(order[0] === 0 ? 1 : 1 + 65536);
    kfreeSkb(must(family[order[1] as number]));
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("tells the zero-copy owner, and drops its pages", () => {
    const skb = makeSkb(makeMemory(), { linear: 4, frags: [10] });
    const owner = giveZerocopyOwner(skb);
    kfreeSkb(skb);
    expect([owner.refs, skb.mem.pageRefs]).toEqual([0, 0]);
  });

  test("leaves pages to the owner that manages them", () => {
    const skb = makeSkb(makeMemory(), { linear: 4, frags: [10] });
    const owner = giveZerocopyOwner(skb, "managed");
    kfreeSkb(skb);
    expect([owner.refs, skb.mem.pageRefs]).toEqual([0, 1]);
  });

  test("with too few references left is an underflow", () => {
    const skb = makeSkb(makeMemory(), LIST);
    skb.cloned = true;
    skb.nohdr = true;
    skb.shinfo.setDataref(2);
    expect(faultOf(() => skbReleaseData(skb))).toBe("MEMORY(refcount-underflow)");
  });

  test("twice by one that was never cloned is found at the freed shared info", () => {
    const skb = makeSkb(makeMemory(), { linear: 4 });
    skbReleaseData(skb);
    expect(faultOf(() => skbReleaseData(skb))).toBe("MEMORY(use-after-free)");
  });
});
