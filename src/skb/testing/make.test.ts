import { describe, expect, test } from "vitest";
import { CHECKSUM_PARTIAL } from "../../abi/features.js";
import type { SkBuff } from "../SkBuff.js";
import { Sock } from "../Sock.js";
import {
  brokenRules,
  chain,
  clonesOf,
  faultOf,
  flatten,
  makeMemory,
  makeSkb,
  membersOf,
  must,
  payload,
} from "./make.js";

const made = () =>
  makeSkb(makeMemory(), { linear: 10, frags: [4, 3], members: [{ linear: 2 }, { frags: [5] }], gsoSize: 7 });

test("a made packet is well-formed and carries the pattern through all its parts", () => {
  const skb = made();
  expect([flatten(skb), brokenRules([skb])]).toEqual([payload(24), []]);
  expect(skb.truesize).toBe(64 + 10 + 576 + 36 + 35 + (64 + 2 + 576) + (64 + 576 + 37));
  expect(flatten(makeSkb(skb.mem, { linear: 3, seed: 9 }))).toEqual(payload(3, 0, 9));
});

describe("well-formedness", () => {
  const breaks: [string, (skb: SkBuff) => unknown, string][] = [
    ["no users", (skb) => Object.assign(skb, { users: 0 }), "users at least 1"],
    ["a tail behind the end", (skb) => Object.assign(skb, { end: 70 }), "0 <= data <= tail <= end"],
    ["an end behind the buffer", (skb) => Object.assign(skb, { end: 75 }), "end within the head"],
    ["a linear part of another length", (skb) => Object.assign(skb, { data: 63 }), "tail - data is the head length"],
    ["a wrong data_len", (skb) => skb.shinfo.fragsChangedTo([]), "data_len is the sum of fragments and members"],
    ["a dropped page", (skb) => must(skb.shinfo.frags[0]).page.put(), "fragments not empty and within live pages"],
    ["a freed head", (skb) => skb.head.free(), "the head is alive"],
    ["an unknown reference", (skb) => skb.shinfo.addDataref(1), "dataref 2 for 1 sk_buffs"],
    ["a payload-only reference", (skb) => Object.assign(skb, { nohdr: true }), "payload-only references"],
    ["an owner without a destructor", (skb) => Object.assign(skb, { sk: new Sock("s") }), "an owner has a destructor"],
    ["a checksum outside", (skb) => Object.assign(skb, { ipSummed: CHECKSUM_PARTIAL }), "checksum field linear"],
  ];

  test.each(breaks)("is broken by %s", (_, breakIt, rule) => {
    const skb = made();
    breakIt(skb);
    expect(brokenRules([skb])).toContain(`${skb.name}: ${rule}`);
  });

  test("is broken by a clone that the original does not know of, and judged in members too", () => {
    const skb = made();
    const [clone] = clonesOf(skb, 1);
    skb.cloned = false;
    expect(brokenRules([skb, must(clone)])).toEqual([`${skb.name}: not cloned means alone`]);
    skb.cloned = true;
    const member = must(membersOf(skb)[1]);
    member.tail++;
    expect(brokenRules([skb, must(clone)])[0]).toContain(member.name);
  });
});

test("a chain that comes back to itself is found", () => {
  const skb = made();
  skb.next = skb;
  expect(() => chain(skb)).toThrow("comes back");
});

test("only faults of the kernel are named, other errors go on", () => {
  expect(faultOf(() => 1)).toBe("");
  expect(() => faultOf(() => must(null))).toThrow("could not be made");
});
