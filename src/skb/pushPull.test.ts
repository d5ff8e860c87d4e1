import { describe, expect, test } from "vitest";
import {
  skbPull,
  skbPullInner,
  skbPush,
  skbPushInner,
  skbPut,
  skbReserve,
  skbResetInnerHeaders,
  skbResetMacHeader,
  skbResetMacLen,
  skbResetNetworkHeader,
  skbResetTransportHeader,
  skbResetTransportHeaderCareful,
} from "./pushPull.js";
import { brokenRules, faultOf, flatten, makeMemory, makeSkb, payload } from "./testing/make.js";

describe("skb_reserve and skb_put", () => {
  test("make room in front and append behind", () => {
    const skb = makeSkb(makeMemory(), { headroom: 0, tailroom: 100 });
    skbReserve(skb, 40);
    expect(skbPut(skb, 25)).toBe(40);
    expect(skbPut(skb, 5)).toBe(65);
    expect([skb.data, skb.tail, skb.len, skb.tailroom]).toEqual([40, 70, 30, 30]);
    expect(brokenRules([skb])).toEqual([]);
  });

  test("fill the buffer to its last byte, and panic with the next", () => {
    const skb = makeSkb(makeMemory(), { linear: 10, tailroom: 6 });
    skbPut(skb, 6);
    expect(skb.tail).toBe(skb.end);
    expect(faultOf(() => skbPut(skb, 1))).toBe("PANIC(over)");
  });

  test("stop the kernel when bytes lie outside of the linear area", () => {
    const skb = makeSkb(makeMemory(), { linear: 10, frags: [4], tailroom: 20 });
    expect(faultOf(() => skbPut(skb, 1))).toBe("BUG(put-nonlinear)");
    expect(skb.len).toBe(14);
  });
});

describe("skb_push", () => {
  test("takes headroom, down to none", () => {
    const skb = makeSkb(makeMemory(), { headroom: 14, linear: 6 });
    skbPush(skb, 14);
    expect([skb.data, skb.len, skb.headroom]).toEqual([0, 20, 0]);
    expect(faultOf(() => skbPush(skb, 1))).toBe("PANIC(under)");
  });

  test("as __skb_push does not look at the headroom", () => {
    const skb = makeSkb(makeMemory(), { headroom: 4, linear: 6 });
    skbPushInner(skb, 8);
    expect([skb.data, skb.len]).toEqual([-4, 14]);
    expect(skb.mem.warnings).toEqual([]);
  });

  test("of more than INT_MAX is warned of in debug kernels", () => {
    const skb = makeSkb(makeMemory(), { headroom: 8, linear: 6 });
    skbPushInner(skb, -2);
    expect(skb.mem.warnings.map((one) => `${one.kind} ${one.id}`)).toEqual(["DBGWARN push-int-max"]);
    expect([skb.data, skb.len]).toEqual([10, 4]);
  });
});

describe("skb_pull", () => {
  test("takes bytes off the front and leaves the rest", () => {
    const skb = makeSkb(makeMemory(), { linear: 20, frags: [5] });
    expect(skbPull(skb, 8)).toBe(true);
    expect(flatten(skb)).toEqual(payload(17, 8));
    expect(brokenRules([skb])).toEqual([]);
  });

  test("of more than the packet holds changes nothing", () => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    expect(skbPull(skb, 21)).toBe(false);
    expect(skbPull(skb, -1)).toBe(false);
    expect([skb.data, skb.len]).toEqual([64, 20]);
    expect(skbPull(skb, 20)).toBe(true);
    expect(skb.len).toBe(0);
  });

  test("beyond the linear area stops the kernel and leaves the packet to look at", () => {
    const skb = makeSkb(makeMemory(), { linear: 20, frags: [5] });
    skbPull(skb, 20);
    expect(faultOf(() => skbPull(skb, 1))).toBe("BUG(pull)");
    expect([skb.data, skb.len, skb.dataLen]).toEqual([84, 5, 5]);
  });

  test("stops the kernel when data_len has wrapped below zero", () => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    skb.dataLen = -3 >>> 0;
    expect(faultOf(() => skbPull(skb, 1))).toBe("BUG(pull)");
  });

  test("of a length that wraps is let through by the same unsigned comparison", () => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    skbPullInner(skb, 24);
    expect([skb.len, skb.data]).toEqual([-4 >>> 0, 88]);
  });

  test("of more than INT_MAX is warned of in debug kernels", () => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    skbPullInner(skb, -4);
    expect(skb.mem.warnings.map((one) => one.id)).toEqual(["pull-int-max"]);
    expect([skb.len, skb.data]).toEqual([24, 60]);
  });

  test("and push on a freed packet are a use after free", () => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    skb.users = 0;
    for (const move of [skbPullInner, skbPush, skbPushInner, skbPut]) {
      expect(faultOf(() => move(skb, 1))).toBe("MEMORY(use-after-free)");
    }
  });
});

describe("header offsets", () => {
  test("are set to where data lies, in 16 bits", () => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    skb.data = 0x1_0005;
    skbResetMacHeader(skb);
    skbResetNetworkHeader(skb);
    skbResetTransportHeader(skb);
    expect([skb.macHeader, skb.networkHeader, skb.transportHeader]).toEqual([5, 5, 5]);
  });

  test("give the length of the link header, in 16 bits", () => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    skb.macHeader = 64;
    skb.networkHeader = 78;
    skbResetMacLen(skb);
    expect(skb.macLen).toBe(14);
    skb.networkHeader = 60;
    skbResetMacLen(skb);
    expect(skb.macLen).toBe(0xfffc);
  });

  test("become the inner ones", () => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    Object.assign(skb, { macHeader: 1, networkHeader: 2, transportHeader: 3 });
    skbResetInnerHeaders(skb);
    expect([skb.innerMacHeader, skb.innerNetworkHeader, skb.innerTransportHeader]).toEqual([1, 2, 3]);
  });

  test.each([
    [0, true],
    [0xfffe, true],
    [0xffff, false],
    [0x1_0000, false],
    [-1, false],
  ])("of a transport header at %i can be set: %s", (data, can) => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    skb.data = data;
    skb.transportHeader = 7;
    expect(skbResetTransportHeaderCareful(skb)).toBe(can);
    expect(skb.transportHeader).toBe(can ? data : 7);
  });
});
