import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  GSO_BY_FRAGS,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  SKB_GSO_DODGY,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { concat } from "../../bytes/concat.js";
import type { Memory } from "../../memory/Memory.js";
import { skbTruesize } from "../../skb/alloc.js";
import { kfreeSkb, kfreeSkbList } from "../../skb/free.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import { skbPullInner } from "../../skb/pushPull.js";
import { SKBFL_SHARED_FRAG } from "../../skb/SharedInfo.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import { skbHeaderReleaseInner } from "../../skb/sharing.js";
import {
  alive,
  brokenRules,
  chain,
  flatten,
  giveZerocopyOwner,
  makeMemory,
  makeSkb,
  membersOf,
  must,
  NOTHING_ALIVE,
  type Shape,
  shapeOf,
} from "../../skb/testing/make.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import type { NetKernel } from "../NetKernel.js";
import { skbSegment } from "./skbSegment.js";
import { skbSegmentSeams } from "./skbSegment.seams.js";

const k = { skbSegment: skbSegmentSeams } as NetKernel;
/** Ethernet, IPv4 and UDP. */
const HEADERS = 42;
const SG_CSUM = NETIF_F_SG | NETIF_F_HW_CSUM;

/** A packet with `data` behind its headers, as the transport handlers hand it in. `linear` counts payload only. */
function gsoPacket(shape: Shape, mem: Memory = makeMemory()): SkBuff {
  const skb = makeSkb(mem, { gsoType: SKB_GSO_UDP_L4, ...shape, linear: HEADERS + (shape.linear ?? 0) });
  skb.protocol = ETH_P_IP;
  skb.macHeader = skb.cbMacOffset = skb.data;
  skb.macLen = 14;
  skb.networkHeader = skb.data + 14;
  skb.transportHeader = skb.data + 34;
  skbPullInner(skb, HEADERS);
  return skb;
}

function segmentsOf(skb: SkBuff, features: number): SkBuff[] {
  const segs = skbSegment(k, skb, features);
  if (typeof segs === "number") throw new Error(`skb_segment returned ${segs}`);
  return chain(segs);
}

const payloadLengths = (segs: readonly SkBuff[]): number[] => segs.map((seg) => seg.len - HEADERS);
const payloadOf = (segs: readonly SkBuff[]): Uint8Array => concat(segs.map((seg) => flatten(seg).slice(HEADERS)));

describe("the geometries of the kernel's own tests (net/core/net_test.c, gso_test_func)", () => {
  const cases: readonly [string, Shape, readonly number[], number?][] = [
    ["no_gso", { linear: 1000 }, [1000]],
    ["linear", { linear: 2000 + 1 }, [1000, 1000, 1]],
    ["frags", { linear: 1000, frags: [1000, 1] }, [1000, 1000, 1]],
    ["frags_pure", { frags: [1000, 1000, 2] }, [1000, 1000, 2]],
    ["gso_partial", { linear: 1000, frags: [1000, 3] }, [2000, 3], SG_CSUM | NETIF_F_GSO_PARTIAL | NETIF_F_GSO_UDP_L4],
    ["frag_list", { linear: 1000, members: [{ linear: 1000 }, { linear: 1000 }] }, [1000, 1000, 1000]],
    ["frag_list_pure", { members: [{ linear: 1000 }, { linear: 1000 }] }, [1000, 1000]],
    [
      "frag_list_non_uniform, without SG as there",
      { linear: 1000, members: [{ linear: 1000 }, { linear: 1 }, { linear: 1000 }, { linear: 2 }] },
      [1000, 1000, 1000, 3],
      NETIF_F_HW_CSUM,
    ],
    [
      "gso_by_frags",
      { gsoSize: GSO_BY_FRAGS, members: [{ linear: 100 }, { linear: 200 }, { linear: 300 }, { linear: 400 }] },
      [100, 200, 300, 400],
    ],
  ];
  test.each(cases)("%s", (_name, shape, expected, features = SG_CSUM) => {
    const skb = gsoPacket({ gsoSize: 1000, ...shape });
    const before = flatten(skb);
    const headers = skb.mem.arena.bytes.slice(skb.head.base + skb.macHeader, skb.head.base + skb.data);
    const segs = segmentsOf(skb, features);
    expect(payloadLengths(segs)).toEqual(expected);
    expect(payloadOf(segs)).toEqual(before);
    expect(segs.map((seg) => flatten(seg).slice(0, HEADERS))).toEqual(segs.map(() => headers));
    expect(must(segs[0]).prev).toBe(segs.at(-1));
    expect(brokenRules([skb, ...segs])).toEqual([]);
    kfreeSkbList(must(segs[0]));
    kfreeSkb(skb);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });
});

describe("skb_segment", () => {
  test("leaves the input with data at its MAC header and everything in it", () => {
    const skb = gsoPacket({ linear: 25, gsoSize: 10 });
    segmentsOf(skb, 0);
    expect([skb.data, skb.len, skb.head.shinfo.gsoSize]).toEqual([skb.macHeader, HEADERS + 25, 10]);
  });

  test("gives fresh segments the head's metadata and an empty shared info", () => {
    const skb = gsoPacket({ linear: 25, gsoSize: 10, gsoSegs: 3 });
    skb.mark = 7;
    skb.hash = 99;
    skb.shinfo.txFlags = 1;
    skb.shinfo.tskey = 5;
    for (const seg of segmentsOf(skb, 0)) {
      expect([seg.mark, seg.hash, seg.macLen, seg.protocol]).toEqual([7, 99, 14, ETH_P_IP]);
      expect([seg.macHeader, seg.networkHeader, seg.transportHeader]).toEqual([seg.data, seg.data + 14, seg.data + 34]);
      expect(seg.head.shinfo.seen()).toMatchObject({ gsoSize: 0, gsoSegs: 0, gsoType: 0, txFlags: 0, tskey: 0 });
      expect(seg.users).toBe(1);
    }
  });

  test("replicates the outer headers of a tunnel as bytes in front of the MAC header", () => {
    const skb = gsoPacket({ headroom: 84, linear: 15, gsoSize: 10 });
    skb.cbMacOffset = skb.macHeader - 20;
    const outer = Uint8Array.from({ length: 20 }, (_, i) => 200 + i);
    skb.mem.arena.bytes.set(outer, skb.head.base + skb.cbMacOffset);
    const segs = segmentsOf(skb, 0);
    const inFront = (seg: SkBuff) => seg.mem.arena.bytes.slice(seg.head.base + seg.data - 20, seg.head.base + seg.data);
    expect(segs.map(inFront)).toEqual([outer, outer]);
  });

  test("counts its iterations", () => {
    const skb = gsoPacket({ linear: 25, gsoSize: 10 });
    segmentsOf(skb, 0);
    expect(skb.mem.iterations).toBe(3);
  });
});

describe("without SG", () => {
  test("every segment is linear, with the truesize of its head", () => {
    const skb = gsoPacket({ linear: 5, frags: [11, 9], members: [{ linear: 7, frags: [3] }], gsoSize: 10 });
    const before = flatten(skb);
    const segs = segmentsOf(skb, NETIF_F_HW_CSUM);
    expect(segs.map(shapeOf)).toEqual(["linear 52", "linear 52", "linear 52", "linear 47"]);
    expect(segs.map((seg) => seg.truesize)).toEqual(segs.map((seg) => skbTruesize(seg.end)));
    expect(payloadOf(segs)).toEqual(before);
  });

  test("without checksum offload the payload is summed while it is copied", () => {
    const skb = gsoPacket({ linear: 25, gsoSize: 10 });
    skb.ipSummed = CHECKSUM_PARTIAL;
    const segs = segmentsOf(skb, 0);
    for (const seg of segs) {
      const payload = flatten(seg).slice(HEADERS);
      expect(seg.ipSummed).toBe(CHECKSUM_NONE);
      expect(csumFold(seg.cbCsum)).toBe(csumFold(csumPartial(payload, 0, payload.length, 0)));
      expect(seg.cbCsumStart).toBe(seg.headroom + HEADERS);
    }
  });

  test("remote checksum offload keeps its checksum state", () => {
    const skb = gsoPacket({ linear: 15, gsoSize: 10 });
    skb.ipSummed = CHECKSUM_PARTIAL;
    skb.remcsumOffload = true;
    expect(segmentsOf(skb, 0).map((seg) => seg.ipSummed)).toEqual([CHECKSUM_PARTIAL, CHECKSUM_PARTIAL]);
  });

  test("with checksum offload the checksum stays partial and its start where the header is", () => {
    const skb = gsoPacket({ linear: 15, gsoSize: 10 });
    skb.ipSummed = CHECKSUM_PARTIAL;
    skb.csumStart = skb.transportHeader;
    const segs = segmentsOf(skb, NETIF_F_HW_CSUM);
    expect(segs.map((seg) => [seg.ipSummed, seg.csumStart - seg.transportHeader])).toEqual([
      [CHECKSUM_PARTIAL, 0],
      [CHECKSUM_PARTIAL, 0],
    ]);
  });
});

describe("with SG", () => {
  test("page fragments are shared, split at segment boundaries, with one reference for each entry", () => {
    const skb = gsoPacket({ linear: 4, frags: [10, 16], gsoSize: 10 });
    const [a, b] = skb.head.shinfo.seen().frags.map((frag) => frag.page);
    const before = flatten(skb);
    const segs = segmentsOf(skb, SG_CSUM);
    expect(segs.map(shapeOf)).toEqual(["linear 46 | frags 6", "linear 42 | frags 4 6", "linear 42 | frags 10"]);
    expect([a?.refs, b?.refs]).toEqual([3, 3]);
    expect(segs.map((seg) => seg.truesize)).toEqual(segs.map((seg) => skbTruesize(seg.end) + seg.dataLen));
    expect(payloadOf(segs)).toEqual(before);
  });

  test("a fragment that reaches one byte too far goes on in the next segment", () => {
    expect(segmentsOf(gsoPacket({ frags: [11, 9], gsoSize: 10 }), SG_CSUM).map(shapeOf)).toEqual([
      "linear 42 | frags 10",
      "linear 42 | frags 1 9",
    ]);
  });

  test("without checksum offload shared fragments are made linear before they are summed", () => {
    const skb = gsoPacket({ linear: 4, frags: [16], gsoSize: 10 });
    skb.shinfo.flags |= SKBFL_SHARED_FRAG;
    const segs = segmentsOf(skb, NETIF_F_SG);
    expect(segs.map(shapeOf)).toEqual(["linear 52", "linear 52"]);
    expect(segs.map((seg) => csumFold(seg.cbCsum))).toEqual(
      segs.map((seg) => csumFold(csumPartial(flatten(seg), HEADERS, 10, 0))),
    );
  });

  test("fragments that others may change carry their mark to the segments", () => {
    const skb = gsoPacket({ linear: 4, frags: [6], members: [{ frags: [10] }], gsoSize: 10 });
    must(membersOf(skb)[0]).shinfo.flags |= SKBFL_SHARED_FRAG;
    const segs = segmentsOf(skb, SG_CSUM);
    expect(segs.map((seg) => seg.head.shinfo.seen().flags & SKBFL_SHARED_FRAG)).toEqual([0, SKBFL_SHARED_FRAG]);
  });

  test("a member's head that is a page becomes a pseudo fragment", () => {
    const skb = gsoPacket({ linear: 5, members: [{ linear: 20, headFrag: true }], gsoSize: 10 });
    const member = must(membersOf(skb)[0]);
    const before = flatten(skb);
    const segs = segmentsOf(skb, SG_CSUM);
    expect(segs.map(shapeOf)).toEqual(["linear 47 | frags 5", "linear 42 | frags 10", "linear 42 | frags 5"]);
    expect(segs.flatMap((seg) => seg.head.shinfo.seen().frags)).toEqual([
      { page: member.head.page, offset: member.data, len: 5 },
      { page: member.head.page, offset: member.data + 5, len: 10 },
      { page: member.head.page, offset: member.data + 15, len: 5 },
    ]);
    expect(member.head.page?.refs).toBe(4);
    expect(payloadOf(segs)).toEqual(before);
  });

  test("a segment may reach over several members", () => {
    const shape = { frags: [3], linear: 0 };
    const skb = gsoPacket({
      linear: 1,
      members: [shape, { linear: 3, headFrag: true, frags: [2] }, shape],
      gsoSize: 12,
    });
    const before = flatten(skb);
    const segs = segmentsOf(skb, SG_CSUM);
    expect(segs.map(shapeOf)).toEqual(["linear 43 | frags 3 3 2 3"]);
    expect(payloadOf(segs)).toEqual(before);
  });

  test("a segment of user memory is one more holder of it", () => {
    const skb = gsoPacket({ linear: 4, frags: [16], gsoSize: 10 });
    const owner = giveZerocopyOwner(skb, "do-not-orphan");
    const segs = segmentsOf(skb, SG_CSUM);
    expect(segs.map((seg) => seg.head.shinfo.seen().destructorArg)).toEqual([owner, owner]);
    expect(owner.refs).toBe(3);
    kfreeSkbList(must(segs[0]));
    expect(owner.refs).toBe(1);
  });

  test("a segment over the memory of two owners copies what it has of the first", () => {
    const skb = gsoPacket({ linear: 2, frags: [4], members: [{ frags: [14] }], gsoSize: 10 });
    const first = giveZerocopyOwner(skb, "do-not-orphan");
    const second = giveZerocopyOwner(must(membersOf(skb)[0]), "do-not-orphan");
    const before = flatten(skb);
    const segs = segmentsOf(skb, SG_CSUM);
    expect(segs.map((seg) => seg.head.shinfo.seen().destructorArg)).toEqual([second, second]);
    expect([first.refs, second.refs]).toEqual([1, 3]);
    expect(payloadOf(segs)).toEqual(before);
    expect(brokenRules([skb, ...segs])).toEqual([]);
    kfreeSkbList(must(segs[0]));
    kfreeSkb(skb);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });
});

describe("the CLONE path", () => {
  const list = { linear: 10, members: [{ linear: 10 }, { linear: 4 }], gsoSize: 10 };

  test("members that start on a segment boundary are cloned, their bytes not copied twice", () => {
    const skb = gsoPacket(list);
    const before = flatten(skb);
    const segs = segmentsOf(skb, SG_CSUM);
    expect(segs.map(shapeOf)).toEqual(["linear 52", "linear 52", "linear 46"]);
    expect(payloadOf(segs)).toEqual(before);
    expect(membersOf(skb).map((member) => [member.users, shapeOf(member)])).toEqual([
      [1, "linear 10"],
      [1, "linear 4"],
    ]);
  });

  test("the growth of the head counts twice in the truesize", () => {
    const skb = gsoPacket({ ...list, headroom: 64 });
    const truesizes = membersOf(skb).map((member) => member.truesize);
    const segs = segmentsOf(skb, SG_CSUM);
    // 42 + 64 bytes are wanted and 64 there: 42 more, rounded up to 64, and counted by pskb_expand_head and again.
    expect(segs.slice(1).map((seg) => seg.truesize)).toEqual(truesizes.map((truesize) => truesize + 2 * 64));
  });

  test("a member whose header was released is shared with, head and all", () => {
    const skb = gsoPacket({ ...list, headroom: 64, members: [{ linear: 10, headroom: 200 }] });
    const member = must(membersOf(skb)[0]);
    skbHeaderReleaseInner(member);
    const clone = must(segmentsOf(skb, SG_CSUM)[1]);
    expect(clone.head).toBe(member.head);
    expect(member.head.shinfo.datarefSeen).toBe((1 << 16) + 2);
    expect(clone.truesize).toBe(member.truesize);
  });

  test("a member longer than its segment goes on in its fragments", () => {
    const skb = gsoPacket({ linear: 10, members: [{ linear: 6, frags: [4, 10, 5] }], gsoSize: 10 });
    const before = flatten(skb);
    const segs = segmentsOf(skb, SG_CSUM);
    expect(payloadLengths(segs)).toEqual([10, 10, 10, 5]);
    expect(payloadOf(segs)).toEqual(before);
  });

  test("a trimmed clone may be condensed, and its truesize replaced", () => {
    const skb = gsoPacket({ linear: 10, members: [{ linear: 6, tailroom: 64, frags: [14] }], gsoSize: 10 });
    const before = flatten(skb);
    const segs = segmentsOf(skb, SG_CSUM);
    expect(segs.map(shapeOf)).toEqual(["linear 52", "linear 52", "linear 42 | frags 10"]);
    const condensed = must(segs[1]);
    // The head as trimmed, plus the 64 bytes of skb_cow_head counted twice.
    expect(condensed.truesize).toBe(skbTruesize(condensed.end - 64) + 2 * 64);
    expect(payloadOf(segs)).toEqual(before);
  });

  test("without SG it is taken when the lengths are equal and everything before ended on a boundary", () => {
    const head = { linear: 100, gsoSize: 100 };
    const members = [100, 100, 100, 100, 100, 40].map((linear) => ({ linear }));
    const skb = gsoPacket({ ...head, members });
    const before = flatten(skb);
    const segs = segmentsOf(skb, NETIF_F_HW_CSUM);
    expect(payloadLengths(segs)).toEqual([100, 100, 100, 100, 100, 100, 40]);
    expect(membersOf(skb).filter((member) => member.cloned)).toHaveLength(6);
    expect(payloadOf(segs)).toEqual(before);
  });
});

describe("the SG veto for a changed geometry", () => {
  const members = [{ linear: 12, headFrag: true }, { linear: 8 }];
  const changed = { linear: 12, frags: [1], gsoSize: 11, gsoType: SKB_GSO_UDP_L4 | SKB_GSO_DODGY };

  test("DODGY, another size than the linear payload, and a member without head_frag: everything is copied", () => {
    const skb = gsoPacket({ ...changed, members });
    const before = flatten(skb);
    const segs = segmentsOf(skb, SG_CSUM);
    expect(segs.map(shapeOf)).toEqual(["linear 53", "linear 53", "linear 53"]);
    expect(payloadOf(segs)).toEqual(before);
  });

  test("all members with head_frag: fragments are shared", () => {
    const shape = { ...changed, members: members.map((member) => ({ ...member, headFrag: true })) };
    expect(segmentsOf(gsoPacket(shape), SG_CSUM).map(shapeOf)).toEqual([
      "linear 53",
      "linear 43 | frags 1 9",
      "linear 42 | frags 3 8",
    ]);
  });

  test("the size of the linear payload: the veto does not look further", () => {
    const segs = segmentsOf(gsoPacket({ ...changed, gsoSize: 12, frags: [12], members: [{ linear: 12 }] }), SG_CSUM);
    expect(segs.map(shapeOf)).toEqual(["linear 54", "linear 42 | frags 12", "linear 54"]);
  });
});

describe("the owner", () => {
  test("the tail takes over the head's charge, and the head the tail's former truesize", () => {
    const skb = gsoPacket({ linear: 25, gsoSize: 10 });
    const sk = new Sock("sender");
    skbSetOwnerW(skb, sk);
    const charge = skb.truesize;
    const segs = segmentsOf(skb, 0);
    const tail = must(segs.at(-1));
    expect([tail.sk, tail.destructor, tail.truesize]).toEqual([sk, "sock_wfree", charge]);
    expect([skb.sk, skb.destructor, skb.truesize]).toEqual([null, "", skbTruesize(tail.end)]);
    expect(sk.wmemAlloc).toBe(1 + charge);
    kfreeSkb(skb);
    kfreeSkbList(must(segs[0]));
    expect(sk.wmemAlloc).toBe(1);
  });

  test("any other destructor stays where it is", () => {
    const skb = gsoPacket({ linear: 25, gsoSize: 10 });
    skb.sk = new Sock("demultiplexed");
    skb.destructor = "sock_edemux";
    expect(segmentsOf(skb, 0).map((seg) => seg.sk)).toEqual([null, null, null]);
    expect(skb.destructor).toBe("sock_edemux");
  });
});
