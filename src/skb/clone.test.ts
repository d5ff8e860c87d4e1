import { describe, expect, test } from "vitest";
import { SKB_GSO_UDP_L4 } from "../abi/features.js";
import { skbClone, skbZerocopyClone } from "./clone.js";
import { EIO } from "./errno.js";
import { kfreeSkb } from "./free.js";
import { skbSetOwnerW } from "./owner.js";
import { SKBFL_ALL_ZEROCOPY, SKBFL_MANAGED_FRAG_REFS, SKBFL_SHARED_FRAG, SKBFL_ZEROCOPY_ENABLE } from "./SharedInfo.js";
import { Sock } from "./Sock.js";
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

const LIST = { linear: 20, frags: [7], members: [{ linear: 11 }, { linear: 10, frags: [3] }], gsoSize: 27, gsoSegs: 3 };

describe("skb_clone", () => {
  test("shares head, fragments and members without counting pages or members", () => {
    const skb = makeSkb(makeMemory(), { ...LIST, gsoType: SKB_GSO_UDP_L4 });
    const refs = skb.mem.pageRefs;
    const clone = must(skbClone(skb));
    expect(clone.head).toBe(skb.head);
    expect(clone.shinfo.datarefSeen).toBe(2);
    expect(membersOf(clone).map((member) => member.users)).toEqual([1, 1]);
    expect(skb.mem.pageRefs).toBe(refs);
    expect(flatten(clone)).toEqual(payload(51));
    expect(clone.shinfo.gsoSize).toBe(27);
    expect(brokenRules([skb, clone])).toEqual([]);
  });

  test("copies lengths and pointers, but neither owner nor links nor users", () => {
    const mem = makeMemory();
    const skb = makeSkb(mem, { ...LIST, headFrag: true });
    const sk = new Sock("sender");
    skbSetOwnerW(skb, sk);
    Object.assign(skb, { macLen: 14, hdrLen: 5, users: 3, next: skb, prev: skb });
    const clone = must(skbClone(skb));
    const same = ["len", "dataLen", "macLen", "hdrLen", "headFrag", "truesize", "data", "tail", "end"] as const;
    for (const field of same) expect([field, clone[field]]).toEqual([field, skb[field]]);
    expect(clone).toMatchObject({ sk: null, destructor: "", next: null, prev: null, users: 1 });
    expect([skb.cloned, clone.cloned, clone.nohdr]).toEqual([true, true, false]);
    expect(sk.wmemAlloc).toBe(1 + skb.truesize);
  });

  test("keeps its own metadata apart afterwards", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const clone = must(skbClone(skb));
    clone.networkHeader = 99;
    clone.data += 4;
    expect([skb.networkHeader, skb.data]).toEqual([0, 64]);
  });

  test("fails without a trace when memory runs out", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const before = alive(skb.mem);
    failAllocations(skb.mem, 1);
    expect(skbClone(skb)).toBeNull();
    expect([skb.cloned, skb.shinfo.datarefSeen]).toEqual([false, 1]);
    expect(alive(skb.mem)).toEqual(before);
  });

  test("copies user fragments away first, and fails when that fails", () => {
    const skb = makeSkb(makeMemory(), { linear: 4, frags: [30, 40] });
    const owner = giveZerocopyOwner(skb);
    failAllocations(skb.mem, 1);
    expect(skbClone(skb)).toBeNull();
    expect([owner.refs, skb.cloned, shapeOf(skb)]).toEqual([1, false, "linear 4 | frags 30 40"]);

    const clone = must(skbClone(skb));
    expect([owner.refs, shapeOf(clone)]).toEqual([0, "linear 4 | frags 70"]);
    expect(flatten(clone)).toEqual(payload(74));
  });

  test("leaves user fragments alone whose owner allows it", () => {
    const skb = makeSkb(makeMemory(), { linear: 4, frags: [30, 40] });
    const owner = giveZerocopyOwner(skb, "do-not-orphan");
    const clone = must(skbClone(skb));
    expect([owner.refs, shapeOf(clone)]).toEqual([1, "linear 4 | frags 30 40"]);
  });

  test("says what it did when a trace is wanted", () => {
    const skb = makeSkb(makeMemory(), LIST);
    const steps: string[] = [];
    skb.mem.onStep = (text) => steps.push(text);
    const clone = must(skbClone(skb));
    expect(steps).toEqual([`${clone.name} = skb_clone(${skb.name}): both use ${skb.head.name}`]);
  });

  test.each([[[0, 1, 2, 3]], [[3, 1, 0, 2]], [[2, 3, 1, 0]]])("is freed with its family in the order %j", (order) => {
    const skb = makeSkb(makeMemory(), LIST);
    const family = [skb, ...clonesOf(skb, 3)];
    for (const i of order) kfreeSkb(must(family[i]));
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
    expect(skb.mem.reports).toEqual([]);
  });
});

describe("skb_zerocopy_clone", () => {
  function pair() {
    const mem = makeMemory();
    return { from: makeSkb(mem, { linear: 4, frags: [30] }), to: makeSkb(mem, { linear: 2, frags: [20] }) };
  }

  test("does nothing for a packet without user memory", () => {
    const { from, to } = pair();
    expect(skbZerocopyClone(to, from)).toBe(0);
    expect([to.shinfo.destructorArg, to.shinfo.flags]).toEqual([null, 0]);
  });

  test("makes the other a holder of the same owner", () => {
    const { from, to } = pair();
    const owner = giveZerocopyOwner(from, "managed");
    expect(skbZerocopyClone(to, from)).toBe(0);
    expect([to.shinfo.destructorArg, owner.refs]).toEqual([owner, 2]);
    expect(to.shinfo.flags).toBe(from.shinfo.flags & SKBFL_ALL_ZEROCOPY & ~SKBFL_MANAGED_FRAG_REFS);
  });

  test("does nothing when it holds that owner already", () => {
    const { from, to } = pair();
    const owner = giveZerocopyOwner(from);
    skbZerocopyClone(to, from);
    expect(skbZerocopyClone(to, from)).toBe(0);
    expect(owner.refs).toBe(2);
  });

  test("copies the fragments of another owner away, who is told", () => {
    const { from, to } = pair();
    const owner = giveZerocopyOwner(from);
    const other = giveZerocopyOwner(to);
    const page = must(to.shinfo.frags[0]).page;
    expect(skbZerocopyClone(to, from)).toBe(0);
    expect([owner.refs, other.refs, page.refs]).toEqual([2, 0, 0]);
    expect(to.shinfo.flags & SKBFL_ZEROCOPY_ENABLE).toBe(SKBFL_ZEROCOPY_ENABLE);
    expect(flatten(to)).toEqual(payload(22));
  });

  test("gives -EIO when that copy fails", () => {
    const { from, to } = pair();
    const owner = giveZerocopyOwner(from);
    const other = giveZerocopyOwner(to);
    failAllocations(to.mem, 1);
    expect(skbZerocopyClone(to, from)).toBe(-EIO);
    expect([owner.refs, other.refs, to.shinfo.destructorArg]).toEqual([1, 1, other]);
    expect(to.shinfo.flags & SKBFL_SHARED_FRAG).toBe(SKBFL_SHARED_FRAG);
  });
});
