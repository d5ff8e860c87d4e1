import { describe, expect, test } from "vitest";
import { Arena } from "./Arena.js";
import { bugOn, KernelFault, nullDeref } from "./fault.js";
import { Memory, SETUP } from "./Memory.js";

describe("the allocation schedule", () => {
  test("counts from when the holders start, and fails the ones it was told", () => {
    const mem = new Memory();
    expect(mem.mayAllocate()).toBe(true);
    mem.startCounting([2, 4]);
    expect([1, 2, 3, 4, 5].map(() => mem.mayAllocate())).toEqual([true, false, true, false, true]);
    expect([mem.allocations, mem.injectedFailures]).toEqual([5, 2]);
  });

  test("ends when the run is taken down", () => {
    const mem = new Memory();
    mem.startCounting([1]);
    mem.stopCounting();
    expect([mem.mayAllocate(), mem.allocations]).toEqual([true, 0]);
  });

  test("refuses sizes that no allocator has, and does not count them", () => {
    const mem = new Memory();
    mem.startCounting([]);
    expect([-1, 0, 1 << 22, (1 << 22) + 1].map((size) => mem.mayAllocate(size))).toEqual([false, true, true, false]);
    expect([mem.allocations, mem.injectedFailures]).toEqual([2, 0]);
  });

  test("tells the trace of a failure", () => {
    const mem = new Memory();
    const steps: string[] = [];
    mem.onStep = (text) => steps.push(text);
    mem.startCounting([1]);
    mem.mayAllocate();
    expect(steps).toEqual(["an allocation is made to fail"]);
  });
});

describe("touches", () => {
  test("are numbered for each holder, and announced before they take effect", () => {
    const mem = new Memory();
    const told: number[][] = [];
    mem.onTouch = (holder, touch) => told.push([holder, touch]);
    mem.actor = 2;
    mem.touch();
    mem.touch();
    mem.actor = 0;
    mem.touch();
    expect(told).toEqual([
      [2, 1],
      [2, 2],
      [0, 1],
    ]);
    expect([mem.touches[0], mem.touches[2]]).toEqual([1, 2]);
  });

  test("of the set-up are not", () => {
    const mem = new Memory();
    mem.onTouch = () => expect.unreachable();
    expect(mem.actor).toBe(SETUP);
    mem.touch();
    expect(mem.touches).toEqual([]);
  });
});

describe("reports", () => {
  test("of the same kind at the same field and place count once, for each holder", () => {
    const mem = new Memory();
    for (const actor of [0, 0, 1]) {
      mem.actor = actor;
      mem.report("shared-write", "shinfo#1", "gso_size", 1, 2);
    }
    mem.report("shared-write", "shinfo#1", "gso_segs", 1, 2);
    mem.report("race", "shinfo#1", "gso_size", 0, 0, 0, ["skb_segment"]);
    mem.report("race", "shinfo#1", "gso_size", 0, 0, 0, ["skb_segment_list"]);
    mem.report("race", "shinfo#1", "gso_size", 0, 0, 2, ["skb_segment_list"]);
    expect(mem.reports.map((one) => `${one.holder} ${one.kind} ${one.field} ${one.site}`)).toEqual([
      "0 shared-write gso_size ",
      "1 shared-write gso_size ",
      "1 shared-write gso_segs ",
      "1 race gso_size skb_segment",
      "1 race gso_size skb_segment_list",
      "1 race gso_size skb_segment_list",
    ]);
  });

  test("are told to the trace with their place", () => {
    const mem = new Memory();
    const steps: string[] = [];
    mem.onStep = (text) => steps.push(text);
    mem.report("leak", "page#3", "refs");
    mem.report("race", "shinfo#1", "flags", 0, 0, 1, ["skb_clone", "br_flood"]);
    expect(steps).toEqual(["leak: refs of page#3", "race: flags of shinfo#1 in skb_clone"]);
  });

  test("of invalid memory end the holder's work", () => {
    const mem = new Memory();
    const fault = mem.invalid("double-free", "skb#1", "users");
    expect(fault).toBeInstanceOf(KernelFault);
    expect([fault.message, mem.reports.length]).toEqual(["MEMORY(double-free)", 1]);
  });

  test("of warnings name the holder", () => {
    const mem = new Memory();
    mem.actor = 1;
    mem.warn("DBGWARN", "list-type");
    expect(mem.warnings).toEqual([{ kind: "DBGWARN", id: "list-type", holder: 1, site: [] }]);
  });
});

test("serial numbers rise, and the arena is a fresh one for every memory", () => {
  const arena = new Arena(16);
  arena.take(9);
  const mem = new Memory(arena);
  expect([mem.nextSerial(), mem.nextSerial(), arena.used, mem.rounding(7)]).toEqual([1, 2, 0, 7]);
});

describe("faults", () => {
  test("stop only when the condition holds, and carry the values of the moment", () => {
    expect(() => bugOn(false, "pull")).not.toThrow();
    const fault = catchFault(() => bugOn(true, "pull", { len: 3 }));
    expect(fault).toMatchObject({ name: "KernelFault", kind: "BUG", id: "pull", values: { len: 3 }, site: [] });
    expect(fault.message).toBe("BUG(pull)");
    expect(catchFault(() => bugOn(true, "pull")).values).toEqual({});
  });

  test("of a NULL pointer are made to be thrown", () => {
    expect(nullDeref("by-frags", { pos: 1 })).toMatchObject({ kind: "NULLDEREF", id: "by-frags", values: { pos: 1 } });
  });
});

function catchFault(work: () => void): KernelFault {
  try {
    work();
  } catch (error) {
    if (error instanceof KernelFault) return error;
  }
  throw new Error("no fault was thrown");
}
