import { describe, expect, test } from "vitest";
import { CHECKSUM_PARTIAL, NETIF_F_SG, SKB_GSO_FRAGLIST, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import { bytesAt, putBytes } from "../../skb/bytes.js";
import { ENOMEM } from "../../skb/errno.js";
import { consumeSkb, kfreeSkb, kfreeSkbList } from "../../skb/free.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import { skbPullInner } from "../../skb/pushPull.js";
import { Reference } from "../../skb/Reference.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import {
  alive,
  brokenRules,
  chain,
  clonesOf,
  failAllocations,
  faultOf,
  flatten,
  makeMemory,
  makeSkb,
  membersOf,
  must,
  NOTHING_ALIVE,
  reportsOf,
  type Shape,
  shapeOf,
} from "../../skb/testing/make.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import type { NetKernel } from "../NetKernel.js";
import { skbSegmentList } from "./skbSegmentList.js";
import { skbSegmentListSeams } from "./skbSegmentList.seams.js";

const k = { skbSegmentList: skbSegmentListSeams } as NetKernel;
const MAC = 14;
const IP = 40;
const UDP = 8;
const HEADERS = MAC + IP + UDP;

/** A list as GRO leaves it, `data` at the UDP header; each member has its own IP and UDP header in front of its payload. */
function listPacket(head: Shape, members: readonly Shape[], memberIp = IP): SkBuff {
  const skb = makeSkb(makeMemory(), {
    gsoSize: head.linear ?? 0,
    gsoSegs: 1 + members.length,
    gsoType: SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4,
    ...head,
    linear: HEADERS + (head.linear ?? 0),
    members: members.map((member) => ({ ...member, headroom: 64 + HEADERS })),
  });
  describeHead(skb);
  membersOf(skb).forEach((member, i) => {
    member.transportHeader = member.data - UDP;
    member.networkHeader = member.transportHeader - memberIp;
    putBytes(member, member.networkHeader, new Uint8Array(memberIp + UDP).fill(0x10 + i));
  });
  return skb;
}

function describeHead(skb: SkBuff): void {
  skb.protocol = ETH_P_IPV6;
  skb.macHeader = skb.cbMacOffset = skb.data;
  skb.networkHeader = skb.data + MAC;
  skb.transportHeader = skb.data + MAC + IP;
  skb.macLen = MAC;
  skbPullInner(skb, MAC + IP);
}

const split = (skb: SkBuff, features = NETIF_F_SG): SkBuff | number => skbSegmentList(k, skb, features, MAC);

function segmentsOf(skb: SkBuff, features = NETIF_F_SG): SkBuff[] {
  const segs = split(skb, features);
  if (typeof segs === "number") throw new Error(`skb_segment_list returned ${segs}`);
  return chain(segs);
}

/** Frees a returned list and the caller's reference on its head. */
function freeAll(segs: readonly SkBuff[]): void {
  const head = must(segs[0]);
  consumeSkb(head);
  kfreeSkbList(head);
}

describe("the resulting fields", () => {
  test("head: own bytes, aggregate truesize, gso 0/0/0, users 2 until the caller consumes", () => {
    const skb = listPacket({ linear: 100, frags: [20] }, [{ linear: 100 }, { linear: 40 }]);
    const { truesize } = skb;
    const segs = segmentsOf(skb);
    expect(segs[0]).toBe(skb);
    expect([skb.len, skb.dataLen, skb.truesize, skb.users]).toEqual([HEADERS + 120, 20, truesize, 2]);
    expect(skb.head.shinfo.seen()).toMatchObject({ gsoSize: 0, gsoSegs: 0, gsoType: 0, fragList: null });
    expect(skb.prev).toBe(segs.at(-1));
    expect(brokenRules(segs)).toEqual([]);
    freeAll(segs);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("members: the very objects, payload plus headers, their own truesize and gso fields", () => {
    const skb = listPacket({ linear: 100 }, [{ linear: 100 }, { linear: 40 }]);
    const members = membersOf(skb);
    const truesizes = members.map((member) => member.truesize);
    const heads = members.map((member) => member.head);
    const segs = segmentsOf(skb).slice(1);
    expect(segs).toEqual(members);
    expect(segs.map(({ len, dataLen, users }) => [len, dataLen, users])).toEqual([
      [HEADERS + 100, 0, 1],
      [HEADERS + 40, 0, 1],
    ]);
    expect(segs.map(({ truesize }) => truesize)).toEqual(truesizes);
    expect(segs.map(({ head }) => head)).toEqual(heads);
    expect(segs.at(-1)?.next).toBeNull();
  });

  test("MAC header from the head, IP and UDP header and payload the member's own", () => {
    const skb = listPacket({ linear: 10 }, [{ linear: 10 }, { linear: 4 }]);
    const mac = bytesAt(skb, skb.macHeader, MAC);
    const payloads = membersOf(skb).map(flatten);
    segmentsOf(skb)
      .slice(1)
      .forEach((seg, i) => {
        const bytes = flatten(seg);
        expect(bytes.slice(0, MAC)).toEqual(mac);
        expect(bytes.slice(MAC, HEADERS)).toEqual(new Uint8Array(IP + UDP).fill(0x10 + i));
        expect(bytes.slice(HEADERS)).toEqual(payloads[i]);
      });
  });

  test("outer headers of a tunnel are copied in front", () => {
    const skb = listPacket({ linear: 10, headroom: 100 }, [{ linear: 10 }]);
    skb.cbMacOffset = skb.macHeader - 20;
    putBytes(skb, skb.cbMacOffset, new Uint8Array(20).fill(0x77));
    const seg = must(segmentsOf(skb)[1]);
    expect(bytesAt(seg, seg.data - 20, 20)).toEqual(new Uint8Array(20).fill(0x77));
  });

  test("metadata from the head: checksum state, mark, hash, control buffer; mac_len is not set", () => {
    const skb = listPacket({ linear: 10 }, [{ linear: 10 }]);
    skb.ipSummed = CHECKSUM_PARTIAL;
    skb.csumStart = skb.transportHeader;
    skb.csumLevel = 2;
    skb.mark = 5;
    skb.hash = 6;
    skb.cbEncapLevel = 40;
    const seg = must(segmentsOf(skb)[1]);
    expect([seg.ipSummed, seg.csumLevel, seg.mark, seg.hash, seg.cbEncapLevel]).toEqual([
      CHECKSUM_PARTIAL,
      2,
      5,
      6,
      40,
    ]);
    expect(seg.csumStart).toBe(seg.transportHeader);
    expect(seg.macLen).toBe(0);
  });

  test("header offsets lie where the member's headers are", () => {
    const skb = listPacket({ linear: 10 }, [{ linear: 10 }]);
    const seg = must(segmentsOf(skb)[1]);
    expect([seg.macHeader, seg.networkHeader, seg.transportHeader]).toEqual([
      seg.data,
      seg.data + MAC,
      seg.data + MAC + IP,
    ]);
  });

  test("a member with another IP header length has its transport header moved", () => {
    const skb = listPacket({ linear: 10 }, [{ linear: 10 }], 20);
    const seg = must(segmentsOf(skb)[1]);
    expect([seg.networkHeader - seg.data, seg.transportHeader - seg.networkHeader]).toEqual([MAC, 20]);
    expect(seg.len).toBe(MAC + 20 + UDP + 10);
  });

  test("the owner stays with the head, which gives back exactly what was charged", () => {
    const skb = listPacket({ linear: 10 }, [{ linear: 10 }, { linear: 10 }]);
    const sk = new Sock("sender");
    skbSetOwnerW(skb, sk);
    const charge = sk.wmemAlloc;
    const segs = segmentsOf(skb);
    expect(segs.map((seg) => seg.sk)).toEqual([sk, null, null]);
    expect(sk.wmemAlloc).toBe(charge);
    freeAll(segs);
    expect(sk.wmemAlloc).toBe(1);
  });

  test("what members hold is dropped, and the head's held for each", () => {
    const skb = listPacket({ linear: 10 }, [{ linear: 10 }, { linear: 10 }]);
    const held = () =>
      [new Reference(skb.mem, "dst"), new Reference(skb.mem, "ct"), new Reference(skb.mem, "ext")] as const;
    const ofHead = held();
    const ofMembers = held();
    const hold = (one: SkBuff, [dst, nfct, extensions]: ReturnType<typeof held>): void => {
      one.dst = dst.hold();
      one.nfct = nfct.hold();
      one.extensions = extensions.hold();
    };
    hold(skb, ofHead);
    for (const member of membersOf(skb)) hold(member, ofMembers);
    const segs = segmentsOf(skb);
    expect(ofMembers.map(({ refs }) => refs)).toEqual([1, 1, 1]);
    expect(ofHead.map(({ refs }) => refs)).toEqual([4, 4, 4]);
    freeAll(segs);
    expect(ofHead.map(({ refs }) => refs)).toEqual([1, 1, 1]);
  });

  test("an empty list gives the head alone, prev NULL", () => {
    const skb = listPacket({ linear: 30 }, []);
    const segs = segmentsOf(skb);
    expect(segs).toEqual([skb]);
    expect([skb.prev, skb.users, skb.len]).toEqual([null, 2, HEADERS + 30]);
  });
});

describe("linearising for the features", () => {
  test("head and members with fragments become linear without SG, and stay with it", () => {
    const members = [{ linear: 4, frags: [6] }, { linear: 10 }];
    const shape = { linear: 4, frags: [6] };
    expect(segmentsOf(listPacket(shape, members), 0).map(shapeOf)).toEqual(["linear 72", "linear 72", "linear 72"]);
    expect(segmentsOf(listPacket(shape, members)).map(shapeOf)).toEqual([
      "linear 66 | frags 6",
      "linear 66 | frags 6",
      "linear 72",
    ]);
  });
});

describe("warnings", () => {
  test("a type without FRAGLIST: DBGWARN(list-type)", () => {
    const skb = listPacket({ linear: 10, gsoType: SKB_GSO_UDP_L4 }, [{ linear: 10 }]);
    segmentsOf(skb);
    expect(skb.mem.warnings.map(({ kind, id }) => `${kind}(${id})`)).toEqual(["DBGWARN(list-type)"]);
  });

  test("a member with an owner: DBGWARN(list-sk)", () => {
    const skb = listPacket({ linear: 10 }, [{ linear: 10 }]);
    must(membersOf(skb)[0]).sk = new Sock("left behind");
    segmentsOf(skb);
    expect(skb.mem.warnings.map(({ kind, id }) => `${kind}(${id})`)).toEqual(["DBGWARN(list-sk)"]);
  });

  test("no room for the MAC header in front of a member: PANIC(under)", () => {
    const skb = listPacket({ linear: 10 }, [{ linear: 10 }]);
    const member = must(membersOf(skb)[0]);
    member.networkHeader = member.data - IP - UDP + 60 - member.headroom;
    expect(faultOf(() => split(skb))).toBe("PANIC(under)");
  });
});

describe("siblings", () => {
  const members = [{ linear: 100 }, { linear: 40, frags: [3] }];

  test("any turn but the last: members cloned and un-cloned; the last: used as they are", () => {
    const skb = listPacket({ linear: 100 }, members);
    const originals = membersOf(skb);
    const [first, second] = clonesOf(skb, 2) as [SkBuff, SkBuff];
    const outputs = [first, second, skb].map((one) => segmentsOf(one));
    expect(outputs.map((segs) => segs.slice(1).map((seg) => originals.includes(seg)))).toEqual([
      [false, false],
      [false, false],
      [true, true],
    ]);
    const bytes = outputs.map((segs) => segs.map(flatten));
    expect(bytes[1]).toEqual(bytes[0]);
    expect(bytes[2]).toEqual(bytes[0]);
    expect(reportsOf(skb.mem)).toEqual([]);
    expect(brokenRules(outputs.flat())).toEqual([]);
    for (const segs of outputs) freeAll(segs);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a member that was cloned stays in the sibling's list, no longer cloned in effect", () => {
    const skb = listPacket({ linear: 100 }, members);
    const originals = membersOf(skb);
    const lens = originals.map(({ len }) => len);
    const segs = segmentsOf(must(clonesOf(skb, 1)[0]));
    expect(membersOf(skb)).toEqual(originals);
    expect(originals.map(({ users, cloned, len }) => [users, cloned, len])).toEqual(lens.map((len) => [1, true, len]));
    expect(originals.map(({ head }) => head.shinfo.datarefSeen)).toEqual([1, 1]);
    expect(segs.slice(1).map(({ cloned }) => cloned)).toEqual([false, false]);
    expect(skb.head.shinfo.datarefSeen).toBe(1);
  });
});

describe("the state left behind by each failure", () => {
  const members = [{ linear: 100 }, { linear: 100 }, { linear: 40 }];

  /** What a failed call did to the packet and to each member's users. */
  function fail(skb: SkBuff, nth: number, features = NETIF_F_SG) {
    const all = membersOf(skb);
    const users = all.map((member) => member.users);
    failAllocations(skb.mem, nth);
    expect(split(skb, features)).toBe(-ENOMEM);
    expect(skb.mem.injectedFailures).toBe(1);
    const { gsoSize, gsoSegs, fragList } = skb.head.shinfo.seen();
    return {
      list: fragList === null ? "NULL" : "intact",
      lost: all.map((member, i) => must(users[i]) - member.users),
      len: skb.len,
      dataLen: skb.dataLen,
      gso: [gsoSize, gsoSegs],
      next: skb.next,
    };
  }

  const withSibling = () => {
    const sibling = listPacket({ linear: 100 }, members);
    return { skb: must(clonesOf(sibling, 1)[0]), sibling };
  };

  test("L4: frag_list intact, members untouched, only pushed", () => {
    const { skb, sibling } = withSibling();
    expect(fail(skb, 1)).toEqual({
      list: "intact",
      lost: [0, 0, 0],
      len: HEADERS + 340,
      dataLen: 240,
      gso: [100, 4],
      next: null,
    });
    expect(brokenRules([skb, sibling])).toEqual([]);
  });

  // After the un-clone of the head the members have two users: the reference that goes is the one just taken.
  const afterL4 = { list: "NULL", lost: [0, 0, 0], len: HEADERS + 340, dataLen: 240, gso: [100, 4], next: null };
  test.each([
    ["clone of the first member", 2],
    ["un-clone of the first member's clone", 3],
    ["clone of the second member", 4],
    ["un-clone of the last member's clone", 7],
  ])("L6.3, %s: every member lost one reference, len still the aggregate", (_name, nth) => {
    const { skb, sibling } = withSibling();
    const bytes = flatten(sibling);
    expect(fail(skb, nth)).toEqual(afterL4);
    expect(flatten(sibling)).toEqual(bytes);
    expect(brokenRules([sibling])).toEqual([]);
    kfreeSkb(skb);
    kfreeSkb(sibling);
    expect(alive(sibling.mem)).toEqual(NOTHING_ALIVE);
  });

  const paged = [
    { linear: 90, frags: [10] },
    { linear: 90, frags: [10] },
  ];

  test("L6.14: the same, for members that were the packet's alone", () => {
    const skb = listPacket({ linear: 100 }, paged);
    expect(fail(skb, 2, 0)).toEqual({ ...afterL4, lost: [1, 1], len: HEADERS + 300, dataLen: 200, gso: [100, 3] });
    kfreeSkb(skb);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("L6.14, a cloned member: the rest of the list is not reached any more and leaks, as in the kernel", () => {
    const sibling = listPacket({ linear: 100 }, paged);
    const skb = must(clonesOf(sibling, 1)[0]);
    // Head, clone and un-clone of the first member, then its linearising.
    expect(fail(skb, 4, 0).lost).toEqual([0, -1]);
    kfreeSkb(skb);
    kfreeSkb(sibling);
    expect(alive(sibling.mem)).toEqual({ skbs: 1, heads: 1, pageRefs: 1 });
  });

  test("L10: lengths reduced, gso 0, all members lost one reference", () => {
    const skb = listPacket({ linear: 90, frags: [10] }, members);
    expect(fail(skb, 1, 0)).toEqual({
      list: "NULL",
      lost: [1, 1, 1],
      len: HEADERS + 100,
      dataLen: 10,
      gso: [0, 0],
      next: null,
    });
    expect(brokenRules([skb])).toEqual([]);
    kfreeSkb(skb);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("anything linked at skb.next is freed along: callers hand in an unlinked sk_buff", () => {
    const { skb } = withSibling();
    skb.next = makeSkb(skb.mem, { linear: 1 });
    const stranger = skb.next;
    fail(skb, 1);
    expect(stranger.users).toBe(0);
  });
});
