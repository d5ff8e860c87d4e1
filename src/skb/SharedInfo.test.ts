import { describe, expect, test } from "vitest";
import type { Memory } from "../memory/Memory.js";
import { skbHeaderUnclone, skbUnclone } from "./expand.js";
import { kfreeSkb } from "./free.js";
import { pskbMayPull } from "./pullTail.js";
import type { SharedInfo } from "./SharedInfo.js";
import type { SkBuff } from "./SkBuff.js";
import { skbHeaderReleaseInner } from "./sharing.js";
import { clonesOf, faultOf, makeMemory, makeSkb, must, reportsOf } from "./testing/make.js";
import { ZerocopyOwner } from "./ZerocopyOwner.js";

/** A packet and its clone, with holder 0 at work. */
function pair(): { mem: Memory; skb: SkBuff; clone: SkBuff } {
  const mem = makeMemory();
  const skb = makeSkb(mem, { linear: 8, frags: [4], members: [{ linear: 3 }], gsoSize: 3, gsoSegs: 2, gsoType: 1 });
  const clone = must(clonesOf(skb, 1)[0]);
  mem.actor = 0;
  return { mem, skb, clone };
}

type Field =
  | "flags"
  | "metaLen"
  | "txFlags"
  | "gsoSize"
  | "gsoSegs"
  | "gsoType"
  | "tskey"
  | "fragList"
  | "destructorArg";

const FIELDS: readonly [Field, string, unknown][] = [
  ["flags", "flags", 3],
  ["metaLen", "meta_len", 4],
  ["txFlags", "tx_flags", 75],
  ["gsoSize", "gso_size", 1400],
  ["gsoSegs", "gso_segs", 9],
  ["gsoType", "gso_type", 0x20000],
  ["tskey", "tskey", 5],
  ["fragList", "frag_list", null],
];

const writeField = (shinfo: SharedInfo, field: Field, value: unknown): void => {
  Object.assign(shinfo, { [field]: value });
};

describe("a write to a shared field", () => {
  test.each(FIELDS)("of %s is recorded as %s, and done", (field, name, value) => {
    const { mem, skb, clone } = pair();
    writeField(clone.shinfo, field, value);
    expect(skb.shinfo.seen()[field]).toBe(value);
    expect(reportsOf(mem)).toEqual([`shared-write ${name}`]);
    expect(mem.reports[0]).toMatchObject({ object: skb.shinfo.name, holder: 0 });
  });

  test("of fragments and of the zero-copy owner is recorded with them", () => {
    const { mem, clone } = pair();
    clone.shinfo.fragsChangedTo([]);
    clone.shinfo.destructorArg = new ZerocopyOwner(mem, "owner");
    expect(reportsOf(mem)).toEqual(["shared-write nr_frags", "shared-write destructor_arg"]);
  });

  test("is recorded with the value of before and after", () => {
    const { mem, clone } = pair();
    clone.shinfo.gsoSize = 1400;
    expect(mem.reports[0]).toMatchObject({ before: 3, after: 1400 });
  });

  test("that leaves the value is only a touch", () => {
    const { mem, clone } = pair();
    const { frags } = clone.shinfo.seen();
    clone.shinfo.gsoSize = 3;
    clone.shinfo.fragsChangedTo(frags);
    expect([mem.reports, mem.touches]).toEqual([[], [2]]);
  });

  test("names the kernel's functions that led to it", () => {
    const mem = makeMemory();
    const skb = makeSkb(mem, { linear: 4, members: [{ linear: 9 }], gsoSize: 9 });
    const clone = must(clonesOf(skb, 1)[0]);
    // What skb_header_unclone leaves to a payload-only holder: the shared info is still common.
    mem.actor = 0;
    clone.cloned = false;
    clone.end += 64;
    expect(pskbMayPull(clone, 6)).toBe(true);
    expect(reportsOf(mem)[0]).toBe("shared-write gso_type");
    expect(mem.reports[0]?.site).toEqual(["__pskb_pull_tail", "pskb_may_pull"]);
  });

  test("is kept within the width of the field", () => {
    const { shinfo } = makeSkb(makeMemory());
    shinfo.gsoSize = 0x1_0007;
    shinfo.gsoSegs = 0x1_0008;
    shinfo.tskey = -1;
    expect([shinfo.gsoSize, shinfo.gsoSegs, shinfo.tskey]).toEqual([7, 8, 0xffff_ffff]);
  });
});

describe("touches", () => {
  test("are counted only while shared", () => {
    const { mem, skb, clone } = pair();
    const readAll = (shinfo: SharedInfo): unknown[] => [
      ...FIELDS.map(([field]) => shinfo[field]),
      shinfo.frags,
      shinfo.nrFrags,
      shinfo.destructorArg,
      shinfo.dataref,
    ];
    readAll(clone.shinfo);
    expect(mem.touches).toEqual([12]);
    kfreeSkb(clone);
    const after = must(mem.touches[0]);
    readAll(skb.shinfo);
    skb.shinfo.gsoSize = 9;
    expect(mem.touches).toEqual([after]);
    expect(mem.reports).toEqual([]);
  });

  test("are not counted for observers", () => {
    const { mem, skb } = pair();
    expect([skb.shinfo.seen().gsoSize, skb.shinfo.datarefSeen, skb.shinfo.isShared]).toEqual([3, 2, true]);
    expect(mem.touches).toEqual([]);
  });

  test("let another holder run, who may end the sharing before the write takes effect", () => {
    const { mem, skb, clone } = pair();
    mem.onTouch = () => {
      mem.onTouch = undefined;
      kfreeSkb(skb);
    };
    clone.shinfo.gsoSize = 0;
    expect([mem.reports, clone.shinfo.gsoSize]).toEqual([[], 0]);
  });

  test.each([
    ["read", (shinfo: SharedInfo) => shinfo.gsoSize],
    ["write", (shinfo: SharedInfo) => writeField(shinfo, "gsoSize", 0)],
  ])("find what another holder freed before the %s", (_, access) => {
    const { mem, skb, clone } = pair();
    mem.onTouch = () => {
      mem.onTouch = undefined;
      clone.head.free();
    };
    expect(faultOf(() => access(skb.shinfo))).toBe("MEMORY(use-after-free)");
  });
});

describe("two holders at one field", () => {
  test.each([
    ["write after a read", 0, 1, ["shared-write gso_size", "race gso_size"]],
    ["read after a write", 1, 0, ["shared-write gso_size", "race gso_size"]],
    ["write after a write", 1, 1, ["shared-write gso_size", "shared-write gso_size", "race gso_size"]],
    ["read after a read", 0, 0, []],
  ])("%s: %i %i", (_, first, second, wanted) => {
    const { mem, skb, clone } = pair();
    const access = (shinfo: SharedInfo, write: number, value: number): void => {
      if (write) shinfo.gsoSize = value;
      else expect(shinfo.gsoSize).toBeGreaterThan(0);
    };
    access(skb.shinfo, first, 100);
    mem.actor = 3;
    access(clone.shinfo, second, 200);
    expect(reportsOf(mem)).toEqual(wanted);
    const race = mem.reports.find((one) => one.kind === "race");
    if (wanted.length > 0) expect(race).toMatchObject({ holder: 3, other: 0 });
  });

  test("are a race only when they are two", () => {
    const { mem, skb, clone } = pair();
    expect(skb.shinfo.gsoSize).toBe(3);
    clone.shinfo.gsoSize = 4;
    expect(skb.shinfo.gsoSize).toBe(4);
    skb.shinfo.gsoSize = 5;
    expect(new Set(reportsOf(mem))).toEqual(new Set(["shared-write gso_size"]));
  });

  test("are no race when one is the set-up", () => {
    const { mem, skb, clone } = pair();
    mem.actor = -1;
    skb.shinfo.gsoSize = 9;
    mem.actor = 2;
    expect([clone.shinfo.gsoSize, reportsOf(mem)]).toEqual([9, ["shared-write gso_size"]]);
    clone.shinfo.gsoSize = 8;
    mem.actor = -1;
    expect([skb.shinfo.gsoSize, reportsOf(mem).filter((one) => one.startsWith("race"))]).toEqual([8, []]);
  });

  test("are no race when the first had it to itself by the time it looked", () => {
    const { mem, skb, clone } = pair();
    mem.onTouch = () => {
      mem.onTouch = undefined;
      kfreeSkb(clone);
    };
    expect(skb.shinfo.gsoSize).toBe(3);
    const [second] = clonesOf(skb, 1);
    mem.actor = 1;
    must(second).shinfo.gsoSize = 4;
    expect(reportsOf(mem)).toEqual(["shared-write gso_size"]);
  });

  test("are no race at different fields, nor once one has its own", () => {
    const { mem, skb, clone } = pair();
    expect([skb.shinfo.gsoSize, skb.shinfo.tskey]).toEqual([3, 0]);
    mem.actor = 1;
    skbUnclone(clone);
    clone.shinfo.gsoSize = 0;
    clone.shinfo.tskey = 4;
    expect([mem.reports, skb.shinfo.gsoSize]).toEqual([[], 3]);
  });
});

describe("dataref", () => {
  test("is added to and dropped as one step, and kept by the last", () => {
    const { shinfo } = makeSkb(makeMemory());
    expect(shinfo.addDataref(2)).toBe(3);
    expect([shinfo.dropDataref(1), shinfo.dropDataref(1), shinfo.dropDataref(1)]).toEqual([false, false, true]);
    expect(shinfo.dataref).toBe(1);
  });

  test("below zero is an underflow", () => {
    const { shinfo } = makeSkb(makeMemory());
    expect(faultOf(() => shinfo.dropDataref(65537))).toBe("MEMORY(refcount-underflow)");
  });

  test("of a shared info is a touch each time", () => {
    const { mem, skb } = pair();
    skb.shinfo.addDataref(1);
    skb.shinfo.dropDataref(1);
    skb.shinfo.setDataref(2);
    expect([skb.shinfo.dataref, mem.touches, mem.reports]).toEqual([2, [4], []]);
  });
});

test("every access to a freed shared info is a use after free", () => {
  const mem = makeMemory();
  const { shinfo, head } = makeSkb(mem);
  head.free();
  const accesses = [
    () => shinfo.gsoSize,
    () => shinfo.frags,
    () => writeField(shinfo, "gsoType", 1),
    () => shinfo.dataref,
    () => shinfo.addDataref(1),
    () => shinfo.dropDataref(1),
    () => shinfo.setDataref(1),
  ];
  expect(accesses.map(faultOf)).toEqual(accesses.map(() => "MEMORY(use-after-free)"));
  expect(shinfo.seen().gsoSize).toBe(0);
});

test("skb_header_unclone leaves the shared info to a payload-only holder, so a write to it is seen", () => {
  const mem = makeMemory();
  const skb = makeSkb(mem, { linear: 8, gsoSize: 3 });
  skbHeaderReleaseInner(skb);
  const clone = must(clonesOf(skb, 1)[0]);
  skbHeaderUnclone(clone);
  clone.shinfo.gsoSize = 0;
  expect(reportsOf(mem)).toEqual(["shared-write gso_size"]);
});
