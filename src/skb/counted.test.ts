import { describe, expect, test } from "vitest";
import { allocHead, allocPage } from "./alloc.js";
import { Reference } from "./Reference.js";
import { faultOf, makeMemory, must, reportsOf } from "./testing/make.js";
import { ZerocopyOwner } from "./ZerocopyOwner.js";

/** Each kind of counted object with its way up, its way down, and its name in reports. */
const KINDS = [
  () => {
    const mem = makeMemory();
    const page = must(allocPage(mem, 8));
    return { mem, object: page, up: () => page.get(), down: () => page.put() };
  },
  () => {
    const mem = makeMemory();
    const dst = new Reference(mem, "dst");
    return { mem, object: dst, up: () => dst.hold(), down: () => dst.release() };
  },
  () => {
    const mem = makeMemory();
    const owner = new ZerocopyOwner(mem, "zero-copy owner");
    return { mem, object: owner, up: () => owner.get(), down: () => owner.put() };
  },
];

describe.each(KINDS)("a counted object", (make) => {
  test("starts with one reference and counts up and down", () => {
    const { mem, object, up, down } = make();
    up();
    expect(object.refs).toBe(2);
    down();
    down();
    expect([object.refs, mem.reports]).toEqual([0, []]);
  });

  test("with nobody left cannot be taken up again", () => {
    const { mem, object, up, down } = make();
    down();
    expect(faultOf(up)).toBe("MEMORY(use-after-free)");
    expect(mem.reports[0]).toMatchObject({ kind: "use-after-free", object: object.name, field: "refs" });
  });

  test("with nobody left cannot be dropped again", () => {
    const { mem, object, down } = make();
    down();
    expect(faultOf(down)).toBe("MEMORY(refcount-underflow)");
    expect([object.refs, reportsOf(mem)]).toEqual([0, ["refcount-underflow refs"]]);
  });
});

test("Reference.hold gives the object, so that taking and storing are one", () => {
  const dst = new Reference(makeMemory(), "dst");
  expect(dst.hold()).toBe(dst);
});

test("a head is freed once", () => {
  const mem = makeMemory();
  const head = allocHead(mem, 8);
  expect(mem.heads).toBe(1);
  head.free();
  expect([head.alive, mem.heads]).toEqual([false, 0]);
  expect(faultOf(() => head.free())).toBe("MEMORY(double-free)");
  expect([mem.heads, mem.reports[0]?.object]).toEqual([0, head.name]);
});
