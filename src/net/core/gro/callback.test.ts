import { expect, test } from "vitest";
import { EINPROGRESS } from "../../../skb/errno.js";
import { makeMemory } from "../../../skb/testing/make.js";
import type { GroReceive } from "../../NetKernel.js";
import { callGroReceive, isConsumed, skbGroFlushFinal } from "./callback.js";
import { skbGroResetOffset } from "./groHeader.js";
import { napiGroCb } from "./napiGroCb.js";
import { inMemory, toyKernel } from "./testing/groPackets.js";

function packet() {
  const skb = inMemory(makeMemory(), new Uint8Array(20));
  skbGroResetOffset(skb);
  return skb;
}

test("the fifteenth callback inside another is not called, and the packet not merged", () => {
  const skb = packet();
  let calls = 0;
  const nest: GroReceive = (k, held, one) => {
    calls++;
    return callGroReceive(k, nest, held, one);
  };
  expect(callGroReceive(toyKernel, nest, [], skb)).toBeNull();
  expect(calls).toBe(14);
  expect(napiGroCb(skb).flush).toBe(1);
});

test("a layer's verdict is added, unless the packet belongs to somebody else by now", () => {
  const skb = packet();
  skbGroFlushFinal(skb, -EINPROGRESS, 1);
  expect(napiGroCb(skb).flush).toBe(0);
  skbGroFlushFinal(skb, null, 4);
  skbGroFlushFinal(skb, packet(), 1);
  expect(napiGroCb(skb).flush).toBe(5);
  expect([isConsumed(-EINPROGRESS), isConsumed(null), isConsumed(skb)]).toEqual([true, false, false]);
});
