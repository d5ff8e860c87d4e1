import { describe, expect, test } from "vitest";
import { kfreeSkb } from "./free.js";
import { skbOrphan, skbSetOwnerR, skbSetOwnerW, tcpSetOwnerW } from "./owner.js";
import { Sock } from "./Sock.js";
import { faultOf, makeMemory, makeSkb, reportsOf } from "./testing/make.js";

describe("skb_set_owner_w", () => {
  test("charges the sender with the truesize of now, and frees with the truesize of then", () => {
    const skb = makeSkb(makeMemory(), { linear: 100 });
    const sk = new Sock("sender");
    sk.wmemAlloc += 1000;
    skbSetOwnerW(skb, sk);
    expect([skb.sk, skb.destructor, sk.wmemAlloc]).toEqual([sk, "sock_wfree", 1001 + skb.truesize]);
    skb.truesize += 300;
    kfreeSkb(skb);
    expect(sk.wmemAlloc).toBe(701);
    expect(skb.mem.reports).toEqual([]);
  });

  test("takes the packet from the owner before", () => {
    const skb = makeSkb(makeMemory(), { linear: 100 });
    const [first, second] = [new Sock("first"), new Sock("second")];
    skbSetOwnerW(skb, first);
    skbSetOwnerW(skb, second);
    expect([first.wmemAlloc, second.wmemAlloc]).toEqual([1, 1 + skb.truesize]);
  });

  test("is found out when more is given back than was charged", () => {
    const skb = makeSkb(makeMemory(), { linear: 100 });
    skbSetOwnerW(skb, new Sock("sender"));
    skb.truesize += 1;
    kfreeSkb(skb);
    expect(reportsOf(skb.mem)).toEqual(["refcount-underflow sk_wmem_alloc"]);
  });
});

describe("tcp_wfree", () => {
  test("gives back what the connection was charged with", () => {
    const skb = makeSkb(makeMemory(), { linear: 100 });
    const sk = new Sock("connection");
    tcpSetOwnerW(skb, sk);
    expect([skb.sk, skb.destructor, sk.wmemAlloc]).toEqual([sk, "tcp_wfree", 1 + skb.truesize]);
    skbOrphan(skb);
    expect([skb.sk, skb.destructor, sk.wmemAlloc]).toEqual([null, "", 1]);
  });

  test("is found out when more is given back than was charged", () => {
    const skb = makeSkb(makeMemory(), { linear: 100 });
    tcpSetOwnerW(skb, new Sock("connection"));
    skb.truesize += 1;
    kfreeSkb(skb);
    expect(reportsOf(skb.mem)).toEqual(["refcount-underflow sk_wmem_alloc"]);
  });
});

describe("skb_set_owner_r", () => {
  test("charges the receiver until the packet is freed", () => {
    const skb = makeSkb(makeMemory(), { linear: 100 });
    const sk = new Sock("receiver");
    skbSetOwnerR(skb, sk);
    expect([skb.destructor, sk.rmemAlloc, sk.wmemAlloc]).toEqual(["sock_rfree", skb.truesize, 1]);
    kfreeSkb(skb);
    expect(sk.rmemAlloc).toBe(0);
    expect(skb.mem.reports).toEqual([]);
  });

  test("is found out when more is given back than was charged", () => {
    const skb = makeSkb(makeMemory(), { linear: 100 });
    skbSetOwnerR(skb, new Sock("receiver"));
    skb.truesize += 1;
    skbOrphan(skb);
    expect(reportsOf(skb.mem)).toEqual(["refcount-underflow sk_rmem_alloc"]);
  });
});

describe("skb_orphan", () => {
  test("takes a packet away from its owner", () => {
    const skb = makeSkb(makeMemory(), { linear: 100 });
    const sk = new Sock("sender");
    skbSetOwnerW(skb, sk);
    skbOrphan(skb);
    expect([skb.sk, skb.destructor, sk.wmemAlloc]).toEqual([null, "", 1]);
    expect(faultOf(() => skbOrphan(skb))).toBe("");
  });

  test("takes an early-demultiplexed packet away without a charge", () => {
    const skb = makeSkb(makeMemory(), { linear: 100 });
    const sk = new Sock("early");
    Object.assign(skb, { sk, destructor: "sock_edemux" });
    skbOrphan(skb);
    expect([skb.sk, skb.destructor, sk.wmemAlloc, sk.rmemAlloc]).toEqual([null, "", 1, 0]);
  });

  test("leaves a destructor without a socket nothing to give back to", () => {
    const skb = makeSkb(makeMemory(), { linear: 100 });
    skb.destructor = "sock_wfree";
    skbOrphan(skb);
    expect([skb.destructor, skb.mem.reports.length]).toEqual(["", 0]);
  });

  test("stops the kernel for an owner without a destructor", () => {
    const skb = makeSkb(makeMemory(), { linear: 100 });
    skb.sk = new Sock("sender");
    expect(faultOf(() => skbOrphan(skb))).toBe("BUG(orphan)");
    expect(faultOf(() => skbSetOwnerW(skb, new Sock("other")))).toBe("BUG(orphan)");
  });

  test("of a freed packet is a use after free", () => {
    const skb = makeSkb(makeMemory());
    kfreeSkb(skb);
    expect(faultOf(() => skbOrphan(skb))).toBe("MEMORY(use-after-free)");
  });
});
