import { expect, test } from "vitest";
import { SKBFL_MANAGED_FRAG_REFS, SKBFL_SHARED_FRAG } from "./SharedInfo.js";
import { giveZerocopyOwner, makeMemory, makeSkb, must } from "./testing/make.js";
import { skbFragUnref, skbZcopyClear, skbZcopyDowngradeManaged } from "./zerocopy.js";

const paged = () => makeSkb(makeMemory(), { linear: 4, frags: [10, 20] });

test("ending zero-copy tells the owner and clears every flag of it", () => {
  const skb = paged();
  const owner = giveZerocopyOwner(skb, "managed");
  skbZcopyClear(skb.shinfo);
  expect([owner.refs, skb.shinfo.destructorArg, skb.shinfo.flags]).toEqual([0, null, 0]);
});

test("ending zero-copy that never was leaves the flags", () => {
  const skb = paged();
  skb.shinfo.flags = SKBFL_SHARED_FRAG;
  skbZcopyClear(skb.shinfo);
  expect(skb.shinfo.flags).toBe(SKBFL_SHARED_FRAG);
});

test("an owner that was never named needs no telling", () => {
  const skb = paged();
  giveZerocopyOwner(skb);
  skb.shinfo.destructorArg = null;
  skbZcopyClear(skb.shinfo);
  expect(skb.shinfo.flags).toBe(0);
});

test("managed page references are taken over once", () => {
  const skb = paged();
  giveZerocopyOwner(skb, "managed");
  skbZcopyDowngradeManaged(skb);
  skbZcopyDowngradeManaged(skb);
  expect(skb.shinfo.frags.map((frag) => frag.page.refs)).toEqual([2, 2]);
  expect(skb.shinfo.flags & SKBFL_MANAGED_FRAG_REFS).toBe(0);
});

test("a fragment's reference is dropped unless the owner manages it", () => {
  const managed = paged();
  giveZerocopyOwner(managed, "managed");
  const plain = paged();
  for (const skb of [managed, plain]) skbFragUnref(skb, must(skb.shinfo.frags[0]));
  expect([managed, plain].map((skb) => skb.shinfo.frags[0]?.page.refs)).toEqual([1, 0]);
});
