import { describe, expect, test } from "vitest";
import { ENOMEM } from "../../skb/errno.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import {
  alive,
  clonesOf,
  failAllocations,
  flatten,
  makeMemory,
  makeSkb,
  NOTHING_ALIVE,
} from "../../skb/testing/make.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import { frameOf, ip4, ipPacket, k, mac, makeRouter, RECEIVER } from "../testing/router.js";
import { LL_RESERVED_SPACE, neighOutput, skbExpandHead } from "./neighbour.js";

describe("skb_expand_head", () => {
  test("leaves a packet with room alone", () => {
    const skb = makeSkb(makeMemory(), { headroom: 16, linear: 10 });
    expect(skbExpandHead(skb, 16)).toBe(skb);
    expect(skb.headroom).toBe(16);
  });

  test("gives room, in steps of 64, to a clone that takes the packet's place", () => {
    const skb = makeSkb(makeMemory(), { headroom: 2, linear: 10 });
    const bytes = flatten(skb);
    const expanded = skbExpandHead(skb, 16);
    expect([expanded?.headroom, skb.users]).toEqual([66, 0]);
    expect(expanded === null ? null : flatten(expanded)).toEqual(bytes);
  });

  test("charges the sender for what was added, and keeps the packet that is charged already", () => {
    const sender = new Sock("sender");
    const skb = makeSkb(makeMemory(), { headroom: 2, linear: 10 });
    skbSetOwnerW(skb, sender);
    const before = sender.wmemAlloc;
    expect(skbExpandHead(skb, 16)).toBe(skb);
    expect(sender.wmemAlloc).toBe(before + 64);
    expect(skb.truesize).toBe(sender.wmemAlloc - 1);
  });

  test("a packet whose owner is no sender is charged to it as one", () => {
    const owner = new Sock("owner");
    const skb = makeSkb(makeMemory(), { headroom: 2, linear: 10 });
    skb.sk = owner;
    skb.destructor = "sock_edemux";
    const expanded = skbExpandHead(skb, 16);
    expect([expanded?.destructor, expanded?.sk]).toEqual(["sock_wfree", owner]);
  });

  test.each([1, 2])("no memory for allocation %i: freed", (nth) => {
    const skb = makeSkb(makeMemory(), { headroom: 2, linear: 10 });
    failAllocations(skb.mem, nth);
    expect(skbExpandHead(skb, 16)).toBeNull();
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a sibling keeps its bytes", () => {
    const skb = makeSkb(makeMemory(), { headroom: 2, linear: 10 });
    const [sibling] = clonesOf(skb, 1);
    const bytes = flatten(skb);
    skbExpandHead(skb, 16);
    expect(flatten(sibling as SkBuff)).toEqual(bytes);
  });
});

describe("the link header", () => {
  const packet = (mem: ReturnType<typeof makeMemory>, headroom: number): SkBuff => {
    const bytes = ipPacket();
    const skb = makeSkb(mem, { headroom, linear: bytes.length });
    mem.arena.bytes.set(bytes, skb.head.base + skb.data);
    skb.networkHeader = skb.data;
    return Object.assign(skb, { protocol: ETH_P_IP });
  };

  test.each([64, LL_RESERVED_SPACE, 3])("goes in front, with %i bytes of headroom", (headroom) => {
    const { net, b, mem } = makeRouter();
    const route = net.routeOutput(RECEIVER.ipv4);
    if (route === null) throw new Error("no route");
    expect(neighOutput(k, net, packet(mem, headroom), route)).toBe(0);
    expect(b.frames).toEqual([frameOf(ipPacket(), RECEIVER.mac, mac(0xbb))]);
  });

  test("nobody there: dropped; no memory: said so", () => {
    const { net, b, mem } = makeRouter();
    const route = { device: b, nexthop: ip4("10.1.0.77"), mtu: 1500, source: null };
    expect(neighOutput(k, net, packet(mem, 64), route)).toBe(0);
    expect(net.drops).toEqual([{ location: "neigh_event_send", reason: "NEIGH_FAILED" }]);
    const short = packet(mem, 3);
    failAllocations(mem, 1);
    expect(neighOutput(k, net, short, { ...route, nexthop: RECEIVER.ipv4 })).toBe(-ENOMEM);
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });
});
