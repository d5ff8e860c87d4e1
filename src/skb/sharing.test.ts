import { describe, expect, test } from "vitest";
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, SKB_GSO_UDP_L4 } from "../abi/features.js";
import { kfreeSkb, skbGet, skbShared } from "./free.js";
import { Reference } from "./Reference.js";
import type { SkBuff } from "./SkBuff.js";
import {
  copySkbHeader,
  copySkbHeaderAndGso,
  skbCloned,
  skbCloneFraglist,
  skbCloneWritable,
  skbHeaderCloned,
  skbHeaderReleaseInner,
  skbHeadersOffsetUpdate,
} from "./sharing.js";
import { brokenRules, clonesOf, faultOf, makeMemory, makeSkb, membersOf } from "./testing/make.js";

describe("skb_shared and skb_cloned", () => {
  test("are two kinds of sharing that do not depend on each other", () => {
    const skb = makeSkb(makeMemory(), { linear: 8 });
    expect([skbShared(skb), skbCloned(skb)]).toEqual([false, false]);
    skbGet(skb);
    expect([skbShared(skb), skbCloned(skb)]).toEqual([true, false]);
    skb.users = 1;
    const [clone] = clonesOf(skb, 1);
    expect([skbShared(skb), skbCloned(skb)]).toEqual([false, true]);
    expect([skbShared(clone as SkBuff), skbCloned(clone as SkBuff)]).toEqual([false, true]);
  });

  test("an sk_buff that was never cloned is not cloned, whatever dataref says", () => {
    const skb = makeSkb(makeMemory(), { linear: 8 });
    skb.shinfo.setDataref(2);
    expect([skbCloned(skb), skbHeaderCloned(skb)]).toEqual([false, false]);
  });

  test("a former clone whose siblings are gone is not cloned any more", () => {
    const skb = makeSkb(makeMemory(), { linear: 8 });
    const clones = clonesOf(skb, 2);
    kfreeSkb(skb);
    expect(skbCloned(clones[0] as SkBuff)).toBe(true);
    kfreeSkb(clones[1] as SkBuff);
    expect(clones[0]?.cloned).toBe(true);
    expect([skbCloned(clones[0] as SkBuff), skbHeaderCloned(clones[0] as SkBuff)]).toEqual([false, false]);
  });

  test("a freed sk_buff cannot be asked", () => {
    const skb = makeSkb(makeMemory(), { linear: 8 });
    const [clone] = clonesOf(skb, 1);
    kfreeSkb(skb);
    expect(faultOf(() => skbCloned(skb))).toBe("MEMORY(use-after-free)");
    expect(faultOf(() => skbShared(skb))).toBe("MEMORY(use-after-free)");
    expect(skbCloned(clone as SkBuff)).toBe(false);
  });
});

describe("a payload-only holder", () => {
  function sender() {
    const skb = makeSkb(makeMemory(), { headroom: 64, linear: 30 });
    skbHeaderReleaseInner(skb);
    return { skb, clone: clonesOf(skb, 1)[0] as SkBuff };
  }

  test("counts in both halves of dataref, and leaves the header to one clone", () => {
    const { skb, clone } = sender();
    expect(skb.shinfo.datarefSeen).toBe(2 + 65536);
    expect([skbCloned(clone), skbHeaderCloned(clone)]).toEqual([true, false]);
    expect(brokenRules([skb, clone])).toEqual([]);
  });

  test("lets the clone write as far as its headroom reached", () => {
    const { clone } = sender();
    expect(clone.hdrLen).toBe(64);
    expect(skbCloneWritable(clone, 0)).toBe(true);
    expect(skbCloneWritable(clone, 1)).toBe(false);
    clone.data = 40;
    expect(skbCloneWritable(clone, 24)).toBe(true);
    expect(skbCloneWritable(clone, 25)).toBe(false);
  });

  test("does not help two clones, which share the header with each other", () => {
    const { clone } = sender();
    const [second] = clonesOf(clone, 1);
    expect(skbHeaderCloned(clone)).toBe(true);
    expect(skbCloneWritable(second as SkBuff, 0)).toBe(false);
  });
});

describe("the header copy", () => {
  const COPIED = {
    cbMacOffset: 1,
    cbEncapLevel: 2,
    cbCsum: 3,
    cbCsumStart: 4,
    cbRecursion: 5,
    cbCscov: 6,
    cbPartialCov: true,
    pktType: 2,
    ipSummed: CHECKSUM_COMPLETE,
    csum: 0x0006_0022,
    csumLevel: 2,
    csumValid: true,
    csumNotInet: true,
    remcsumOffload: true,
    encapsulation: true,
    encapHdrCsum: true,
    slowGro: true,
    priority: 7,
    mark: 8,
    hash: 9,
    vlanProto: 10,
    vlanTci: 11,
    protocol: 0x0800,
    innerProtocol: 12,
    innerTransportHeader: 13,
    innerNetworkHeader: 14,
    innerMacHeader: 15,
    transportHeader: 16,
    networkHeader: 17,
    macHeader: 18,
  };
  const KEPT = {
    len: 1000,
    dataLen: 1,
    macLen: 14,
    hdrLen: 3,
    cloned: true,
    nohdr: true,
    headFrag: true,
    users: 9,
    truesize: 5,
    data: 1,
    tail: 2,
    end: 3,
    destructor: "sock_rfree",
  } as const;

  test("takes what describes the packet and leaves lengths, pointers and ownership", () => {
    const mem = makeMemory();
    const from = makeSkb(mem, { linear: 4, gsoSize: 5, gsoSegs: 6, gsoType: SKB_GSO_UDP_L4 });
    const to = makeSkb(mem, { linear: 8 });
    const before = Object.fromEntries(Object.keys(KEPT).map((key) => [key, to[key as keyof SkBuff]]));
    Object.assign(from, COPIED, KEPT, { dev: { name: "eth0" } });
    copySkbHeader(to, from);
    expect(to).toMatchObject({ ...COPIED, ...before });
    expect(to.dev?.name).toBe("eth0");
    expect([to.shinfo.gsoSize, to.shinfo.gsoSegs, to.shinfo.gsoType]).toEqual([0, 0, 0]);
    copySkbHeaderAndGso(to, from);
    expect([to.shinfo.gsoSize, to.shinfo.gsoSegs, to.shinfo.gsoType]).toEqual([5, 6, SKB_GSO_UDP_L4]);
  });

  test("takes references, and overwrites without releasing what was held", () => {
    const mem = makeMemory();
    const [dst, conntrack, extensions, old] = ["dst", "conntrack", "extensions", "old"].map(
      (name) => new Reference(mem, name),
    ) as [Reference, Reference, Reference, Reference];
    const from = makeSkb(mem);
    Object.assign(from, { dst, nfct: conntrack, extensions });
    const to = makeSkb(mem);
    to.dst = old.hold();
    copySkbHeader(to, from);
    expect([dst.refs, conntrack.refs, extensions.refs, old.refs]).toEqual([2, 2, 2, 2]);
    expect([to.dst, to.nfct, to.extensions]).toEqual([dst, conntrack, extensions]);

    copySkbHeader(to, makeSkb(mem));
    expect([to.dst, to.nfct, to.extensions]).toEqual([null, null, null]);
    expect(dst.refs).toBe(2);
  });
});

describe("skb_headers_offset_update", () => {
  function moved(ipSummed: number, macHeader: number) {
    const skb = makeSkb(makeMemory());
    Object.assign(skb, { ipSummed, macHeader, networkHeader: 20, transportHeader: 0xfff0 });
    Object.assign(skb, { innerMacHeader: 1, innerNetworkHeader: 2, innerTransportHeader: 3, csum: 0x0006_0028 });
    skbHeadersOffsetUpdate(skb, 64);
    return skb;
  }

  test("moves every offset within 16 bits", () => {
    const skb = moved(CHECKSUM_NONE, 6);
    expect([skb.macHeader, skb.networkHeader, skb.transportHeader]).toEqual([70, 84, 0x30]);
    expect([skb.innerMacHeader, skb.innerNetworkHeader, skb.innerTransportHeader]).toEqual([65, 66, 67]);
  });

  test("leaves a MAC header that was never set", () => {
    expect(moved(CHECKSUM_NONE, 0xffff).macHeader).toBe(0xffff);
  });

  test("moves csum_start only where it is one", () => {
    const partial = moved(CHECKSUM_PARTIAL, 6);
    expect([partial.csumStart, partial.csumOffset]).toEqual([0x28 + 64, 6]);
    expect(moved(CHECKSUM_COMPLETE, 6).csum).toBe(0x0006_0028);
  });
});

describe("skb_clone_fraglist", () => {
  test("takes one reference on each member", () => {
    const skb = makeSkb(makeMemory(), { linear: 4, members: [{ linear: 1 }, { linear: 2 }, { linear: 3 }] });
    skbCloneFraglist(skb.shinfo.fragList);
    expect(membersOf(skb).map((member) => member.users)).toEqual([2, 2, 2]);
  });

  test("finds a member that was freed", () => {
    const skb = makeSkb(makeMemory(), { linear: 4, members: [{ linear: 1 }] });
    kfreeSkb(skb.shinfo.fragList);
    expect(faultOf(() => skbCloneFraglist(skb.shinfo.fragList))).toBe("MEMORY(use-after-free)");
  });
});
