import { describe, expect, test } from "vitest";
import { CHECKSUM_COMPLETE, CHECKSUM_PARTIAL } from "../abi/features.js";
import { csumFold, csumPartial } from "../bytes/checksum.js";
import { EINVAL, ENOMEM } from "./errno.js";
import { kfreeSkb } from "./free.js";
import { skbSetOwnerW } from "./owner.js";
import { Sock } from "./Sock.js";
import {
  alive,
  brokenRules,
  clonesOf,
  failAllocations,
  flatten,
  makeMemory,
  makeSkb,
  membersOf,
  must,
  NOTHING_ALIVE,
  payload,
  shapeOf,
} from "./testing/make.js";
import { pskbTrim, pskbTrimRcsum, skbCondense } from "./trim.js";

const SHAPE = { linear: 10, frags: [7, 5], members: [{ linear: 4 }, { linear: 3, frags: [6] }, { linear: 8 }] };

/** With an owner there is no condensing, which would hide the cut. */
function owned(shape = SHAPE) {
  const skb = makeSkb(makeMemory(), shape);
  skbSetOwnerW(skb, new Sock("sender"));
  return skb;
}

describe("pskb_trim", () => {
  test.each([
    [43, "linear 10 | frags 7 5 | list [linear 4, linear 3 | frags 6, linear 8]"],
    [99, "linear 10 | frags 7 5 | list [linear 4, linear 3 | frags 6, linear 8]"],
    [42, "linear 10 | frags 7 5 | list [linear 4, linear 3 | frags 6, linear 7]"],
    [35, "linear 10 | frags 7 5 | list [linear 4, linear 3 | frags 6]"],
    // Nobody owns a member, so the rest of it would be condensed if it had room.
    [32, "linear 10 | frags 7 5 | list [linear 4, linear 3 | frags 3]"],
    [27, "linear 10 | frags 7 5 | list [linear 4, linear 1]"],
    [26, "linear 10 | frags 7 5 | list [linear 4]"],
    [23, "linear 10 | frags 7 5 | list [linear 1]"],
    [22, "linear 10 | frags 7 5"],
    [18, "linear 10 | frags 7 1"],
    [17, "linear 10 | frags 7"],
    [13, "linear 10 | frags 3"],
    [10, "linear 10"],
    [4, "linear 4"],
    [0, "linear 0"],
  ])("to %i bytes leaves %s", (len, shape) => {
    const skb = owned();
    expect(pskbTrim(skb, len)).toBe(0);
    expect(shapeOf(skb)).toBe(shape);
    expect(flatten(skb)).toEqual(payload(Math.min(len, 43)));
    expect(brokenRules([skb])).toEqual([]);
    kfreeSkb(skb);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("of a linear packet moves only the end, for all its clones to see or not", () => {
    const skb = makeSkb(makeMemory(), { linear: 10 });
    const clone = must(clonesOf(skb, 1)[0]);
    expect([pskbTrim(clone, 6), clone.head === skb.head, skb.len, clone.tailroom]).toEqual([0, true, 10, 4]);
    expect(skb.mem.reports).toEqual([]);
  });

  test("un-clones a nonlinear packet first", () => {
    const skb = owned();
    const clone = must(clonesOf(skb, 1)[0]);
    expect(pskbTrim(clone, 24)).toBe(0);
    expect(flatten(clone)).toEqual(payload(24));
    expect(flatten(skb)).toEqual(payload(43));
    expect(brokenRules([skb, clone])).toEqual([]);
  });

  test("fails when it cannot un-clone", () => {
    const skb = owned();
    const clone = must(clonesOf(skb, 1)[0]);
    failAllocations(skb.mem, 1);
    expect(pskbTrim(clone, 24)).toBe(-ENOMEM);
    expect([clone.len, clone.head]).toEqual([43, skb.head]);
  });

  test("replaces shared members on the way by clones", () => {
    const skb = owned();
    const before = membersOf(skb);
    for (const member of before) member.users = 2;
    expect(pskbTrim(skb, 32)).toBe(0);
    const after = membersOf(skb);
    expect([after.length, after[0] === before[0], after[1] === before[1]]).toEqual([2, false, false]);
    expect(before.map((member) => [member.users, member.len])).toEqual([
      [1, 4],
      [1, 9],
      [1, 8],
    ]);
    expect(before[1]?.next).toBe(before[2]);
    expect(flatten(skb)).toEqual(payload(32));
    expect(brokenRules([skb, ...before])).toEqual([]);
  });

  test.each([1, 2, 3])("gives -ENOMEM when allocation %i fails on the way", (nth) => {
    const skb = owned();
    const before = membersOf(skb);
    for (const member of before) member.users = 2;
    failAllocations(skb.mem, nth);
    expect(pskbTrim(skb, 32)).toBe(-ENOMEM);
    expect([skb.len, flatten(skb)]).toEqual([43, payload(43)]);
    kfreeSkb(skb);
    for (const member of before) kfreeSkb(member);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });
});

describe("skb_condense", () => {
  test("after a cut pulls a rest that fits into the tailroom, and charges the head alone", () => {
    const skb = makeSkb(makeMemory(), { ...SHAPE, tailroom: 8 });
    expect(pskbTrim(skb, 18)).toBe(0);
    expect(shapeOf(skb)).toBe("linear 18");
    expect(skb.truesize).toBe(skb.end + 576);
    expect(flatten(skb)).toEqual(payload(18));
  });

  test("gives up when the rest does not fit", () => {
    const skb = makeSkb(makeMemory(), { ...SHAPE, tailroom: 7 });
    const { truesize } = skb;
    pskbTrim(skb, 18);
    expect([shapeOf(skb), skb.truesize]).toEqual(["linear 10 | frags 7 1", truesize]);
  });

  test("gives up for a clone", () => {
    const skb = makeSkb(makeMemory(), { linear: 10, frags: [4], tailroom: 10 });
    const clone = must(clonesOf(skb, 1)[0]);
    skbCondense(clone);
    expect([shapeOf(clone), clone.truesize]).toEqual(["linear 10 | frags 4", skb.truesize]);
  });

  test("sets truesize of a linear packet, cloned or not", () => {
    const skb = makeSkb(makeMemory(), { linear: 10 });
    clonesOf(skb, 1);
    skb.truesize = 9999;
    skbCondense(skb);
    expect(skb.truesize).toBe(skb.end + 576);
  });

  test("happens to an early-demultiplexed packet, and not to one that a sender pays for", () => {
    const early = makeSkb(makeMemory(), { ...SHAPE, tailroom: 8 });
    Object.assign(early, { sk: new Sock("early"), destructor: "sock_edemux" });
    pskbTrim(early, 18);
    expect(shapeOf(early)).toBe("linear 18");
    const paid = owned({ ...SHAPE, tailroom: 8 } as typeof SHAPE);
    const { truesize } = paid;
    pskbTrim(paid, 18);
    expect([shapeOf(paid), paid.truesize]).toEqual(["linear 10 | frags 7 1", truesize]);
  });
});

describe("pskb_trim_rcsum", () => {
  test.each([42, 35, 18, 17, 9, 1])("to %i bytes takes what is cut out of a complete sum", (len) => {
    const skb = makeSkb(makeMemory(), SHAPE);
    skb.ipSummed = CHECKSUM_COMPLETE;
    skb.csum = csumPartial(payload(43), 0, 43, 0);
    expect(pskbTrimRcsum(skb, len)).toBe(0);
    expect(csumFold(skb.csum)).toBe(csumFold(csumPartial(payload(len), 0, len, 0)));
  });

  test("does nothing for a packet that is no longer", () => {
    const skb = makeSkb(makeMemory(), SHAPE);
    Object.assign(skb, { ipSummed: CHECKSUM_COMPLETE, csum: 7 });
    expect([pskbTrimRcsum(skb, 43), pskbTrimRcsum(skb, 50), skb.csum]).toEqual([0, 0, 7]);
  });

  test.each([
    [10, 0, 0],
    [9, 0, 0],
    [8, 0, 0],
    [7, 0, -EINVAL],
    [0, 0, -EINVAL],
    [13, 3, -EINVAL],
    [12, -9, -EINVAL],
  ])("to %i bytes with the field moved by %i gives %i for a partial checksum", (len, moved, wanted) => {
    const skb = makeSkb(makeMemory(), SHAPE);
    Object.assign(skb, { ipSummed: CHECKSUM_PARTIAL });
    skb.csumStart = skb.data + moved;
    skb.csumOffset = 6;
    if (moved === -9) skb.csumOffset = 0;
    expect(pskbTrimRcsum(skb, len)).toBe(wanted);
    expect(skb.len).toBe(wanted === 0 ? len : 43);
  });
});
