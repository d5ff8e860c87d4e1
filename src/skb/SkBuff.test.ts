import { describe, expect, test } from "vitest";
import { kfreeSkb } from "./free.js";
import { faultOf, makeMemory, makeSkb } from "./testing/make.js";

describe("derived quantities", () => {
  test("follow from pointers and lengths", () => {
    const skb = makeSkb(makeMemory(), { headroom: 64, linear: 20, tailroom: 8 });
    expect([skb.headroom, skb.headlen, skb.tailroom, skb.isNonlinear]).toEqual([64, 20, 8, false]);
    const paged = makeSkb(makeMemory(), { headroom: 64, linear: 20, tailroom: 8, frags: [5] });
    expect([paged.headlen, paged.tailroom, paged.isNonlinear]).toEqual([20, 0, true]);
  });

  test("show a broken length as a huge number", () => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    skb.dataLen = 21;
    expect(skb.headlen).toBe(0xffff_ffff);
  });

  test("count header offsets from data, and may be negative", () => {
    const skb = makeSkb(makeMemory(), { headroom: 64, linear: 40 });
    Object.assign(skb, { macHeader: 50, networkHeader: 64, transportHeader: 84 });
    expect([skb.macOffset, skb.networkOffset, skb.transportOffset]).toEqual([-14, 0, 20]);
    expect([skb.macHeaderLen, skb.networkHeaderLen]).toEqual([14, 20]);
    skb.networkHeader = 40;
    expect(skb.macHeaderLen).toBe(-10 >>> 0);
  });
});

test("csum is a union of csum_start and csum_offset", () => {
  const skb = makeSkb(makeMemory(), { headroom: 64, linear: 40 });
  skb.csum = 0xdead_beef;
  expect([skb.csumStart, skb.csumOffset]).toEqual([0xbeef, 0xdead]);
  skb.csumStart = 0x1_0054;
  skb.csumOffset = 6;
  expect([skb.csum, skb.csumStartOffset]).toEqual([0x0006_0054, 0x54 - 64]);
  skb.csumOffset = 0xffff;
  expect(skb.csum).toBe(0xffff_0054);
});

test("a freed sk_buff has neither shared info nor life", () => {
  const skb = makeSkb(makeMemory());
  expect(skb.name).toBe(`skb#${skb.serial}`);
  skb.assertAlive("len");
  kfreeSkb(skb);
  expect(faultOf(() => skb.shinfo)).toBe("MEMORY(use-after-free)");
  expect(faultOf(() => skb.assertAlive("len"))).toBe("MEMORY(use-after-free)");
  expect(skb.mem.reports.map((one) => [one.object, one.field])).toEqual([
    [skb.name, "shinfo"],
    [skb.name, "len"],
  ]);
});
