import { describe, expect, test } from "vitest";
import { GSO_BY_FRAGS, NETIF_F_HW_CSUM, NETIF_F_SG, SKB_GSO_DODGY, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import { EINVAL, ENOMEM } from "../../skb/errno.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import { skbPullInner } from "../../skb/pushPull.js";
import { SKBFL_SHARED_FRAG } from "../../skb/SharedInfo.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import {
  alive,
  brokenRules,
  failAllocations,
  faultOf,
  flatten,
  giveZerocopyOwner,
  makeMemory,
  makeSkb,
  membersOf,
  must,
  type Shape,
} from "../../skb/testing/make.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import type { NetKernel } from "../NetKernel.js";
import { skbSegment } from "./skbSegment.js";
import { skbSegmentSeams } from "./skbSegment.seams.js";

const k = { skbSegment: skbSegmentSeams } as NetKernel;
const HEADERS = 42;
const SG_CSUM = NETIF_F_SG | NETIF_F_HW_CSUM;

function gsoPacket(shape: Shape): SkBuff {
  const skb = makeSkb(makeMemory(), { gsoType: SKB_GSO_UDP_L4, ...shape, linear: HEADERS + (shape.linear ?? 0) });
  skb.protocol = ETH_P_IP;
  skb.macHeader = skb.cbMacOffset = skb.data;
  skb.macLen = 14;
  skbPullInner(skb, HEADERS);
  return skb;
}

/** A packet that claims `more` bytes than it has. */
function inflated(shape: Shape, more: number): SkBuff {
  const skb = gsoPacket(shape);
  skb.len += more;
  skb.dataLen += more;
  return skb;
}

const faultOfCutting = (skb: SkBuff, features = SG_CSUM): string => faultOf(() => skbSegment(k, skb, features));

describe("what stops the kernel", () => {
  test("E1, GSO_BY_FRAGS without members: NULLDEREF(by-frags)", () => {
    expect(faultOfCutting(gsoPacket({ linear: 20, gsoSize: GSO_BY_FRAGS }))).toBe("NULLDEREF(by-frags)");
  });

  test("E3, the list ended before the bytes: NULLDEREF(list-exhausted)", () => {
    expect(faultOfCutting(inflated({ linear: 10, gsoSize: 10 }, 10))).toBe("NULLDEREF(list-exhausted)");
  });

  test("E3, zero payload and no frag_list: the loop body runs once, NULLDEREF(list-exhausted)", () => {
    expect(faultOfCutting(gsoPacket({ gsoSize: 10 }), 0)).toBe("NULLDEREF(list-exhausted)");
  });

  test("C1, a member's linear part longer than the segment: BUG(list-head-too-long)", () => {
    expect(faultOfCutting(gsoPacket({ linear: 10, members: [{ linear: 30 }], gsoSize: 10 }))).toBe(
      "BUG(list-head-too-long)",
    );
  });

  test("C4, a member that cannot fill the segment: BUG(list-frags-short)", () => {
    const members = [{ linear: 5 }, { linear: 10 }];
    expect(faultOfCutting(gsoPacket({ linear: 10, members, gsoSize: 10 }))).toBe("BUG(list-frags-short)");
  });

  test("C4, members of 1000, 1, 1000, 2 with SG, which the kernel's own test leaves out", () => {
    const members = [1000, 1, 1000, 2].map((linear) => ({ linear }));
    expect(faultOfCutting(gsoPacket({ linear: 1000, members, gsoSize: 1000 }))).toBe("BUG(list-frags-short)");
  });

  test("E12, a member without linear data and frags: BUG(empty-member)", () => {
    const members = [{ linear: 0 }, { linear: 10, headFrag: true }];
    expect(faultOfCutting(gsoPacket({ linear: 5, members, gsoSize: 10 }))).toBe("BUG(empty-member)");
  });

  test("E12, a linear member that is not a page fragment: BUG(linear-member)", () => {
    expect(faultOfCutting(gsoPacket({ linear: 5, members: [{ linear: 10 }], gsoSize: 10 }))).toBe("BUG(linear-member)");
  });

  test("E12, the list ended in the middle of a segment: NULLDEREF(list-exhausted)", () => {
    expect(faultOfCutting(inflated({ frags: [5], gsoSize: 10 }, 5))).toBe("NULLDEREF(list-exhausted)");
  });

  test("without SG and checksum offload, a packet with fewer bytes than it says: BUG(csum-short)", () => {
    expect(faultOfCutting(inflated({ linear: 5, gsoSize: 20 }, 15), 0)).toBe("BUG(csum-short)");
  });
});

describe("gso_size 0", () => {
  test("linear payload: STALL(zero-mss)", () => {
    expect(faultOfCutting(gsoPacket({ linear: 20 }))).toBe("STALL(zero-mss)");
    expect(faultOfCutting(gsoPacket({ linear: 20 }), 0)).toBe("STALL(zero-mss)");
  });

  test("fragments only: STALL(zero-mss)", () => {
    expect(faultOfCutting(gsoPacket({ frags: [20] }))).toBe("STALL(zero-mss)");
  });

  test("only a linear-headed frag_list and SG: BUG(list-head-too-long)", () => {
    expect(faultOfCutting(gsoPacket({ members: [{ linear: 10 }] }))).toBe("BUG(list-head-too-long)");
  });

  test("when memory runs out first: -ENOMEM, and nothing of the empty segments is left", () => {
    const skb = gsoPacket({ linear: 20 });
    const before = alive(skb.mem);
    failAllocations(skb.mem, 9);
    expect(skbSegment(k, skb, SG_CSUM)).toBe(-ENOMEM);
    expect(alive(skb.mem)).toEqual(before);
  });
});

describe("HZ-11: without SG, linear members, and a coincidence of lengths", () => {
  const changed = { gsoType: SKB_GSO_UDP_L4 | SKB_GSO_DODGY };

  test("smallest instance: 12, 10, 10 with gso_size 11", () => {
    const skb = gsoPacket({ ...changed, linear: 12, members: [{ linear: 10 }, { linear: 10 }], gsoSize: 11 });
    expect(faultOfCutting(skb)).toBe("BUG(list-frags-short)");
    expect(skb.mem.iterations).toBe(3);
  });

  test("second instance: head 100, six members of 100, gso_size raised to 120", () => {
    const members = Array.from({ length: 6 }, () => ({ linear: 100 }));
    const skb = gsoPacket({ ...changed, linear: 100, members, gsoSize: 120 });
    expect(faultOfCutting(skb)).toBe("BUG(list-frags-short)");
    // Five copied segments, then the remainder of 100.
    expect(skb.mem.iterations).toBe(6);
  });

  test("a remainder of another length is copied like the rest", () => {
    const skb = gsoPacket({ ...changed, linear: 12, members: [{ linear: 10 }, { linear: 9 }], gsoSize: 11 });
    expect(faultOfCutting(skb)).toBe("");
  });
});

describe("errors", () => {
  test("an unknown protocol: -EINVAL, the packet pushed, nothing allocated", () => {
    const skb = gsoPacket({ linear: 20, gsoSize: 10 });
    skb.protocol = 0;
    skb.mem.startCounting([]);
    expect(skbSegment(k, skb, SG_CSUM)).toBe(-EINVAL);
    expect([skb.data, skb.mem.allocations]).toEqual([skb.macHeader, 0]);
  });

  test("too many frags: -EINVAL, and every page reference given back", () => {
    const members = [{ linear: 10, headFrag: true }];
    const skb = gsoPacket({ frags: Array.from({ length: 17 }, () => 10), members, gsoSize: 180 });
    const before = alive(skb.mem);
    expect(skbSegment(k, skb, SG_CSUM)).toBe(-EINVAL);
    expect(alive(skb.mem)).toEqual(before);
  });

  test("seventeen fragments in one segment are not too many", () => {
    const skb = gsoPacket({ frags: Array.from({ length: 17 }, () => 10), gsoSize: 170 });
    expect(skbSegment(k, skb, SG_CSUM)).toBeTypeOf("object");
  });

  test("without SG, a packet with fewer bytes than it says: -ENOMEM, although skb_copy_bits said -EFAULT", () => {
    expect(skbSegment(k, inflated({ linear: 5, gsoSize: 20 }, 15), NETIF_F_HW_CSUM)).toBe(-ENOMEM);
  });

  test("the owner stays with the packet", () => {
    const skb = gsoPacket({ linear: 20, gsoSize: 10 });
    const sk = new Sock("sender");
    skbSetOwnerW(skb, sk);
    failAllocations(skb.mem, 2);
    expect(skbSegment(k, skb, 0)).toBe(-ENOMEM);
    expect([skb.sk, skb.destructor, sk.wmemAlloc]).toEqual([sk, "sock_wfree", 1 + skb.truesize]);
  });
});

describe("every allocation that fails: -ENOMEM, and the packet is as it was but for the push", () => {
  const userMemory = (skb: SkBuff): SkBuff => {
    giveZerocopyOwner(skb);
    return skb;
  };
  const cases: readonly [string, () => SkBuff, number, number][] = [
    ["ALLOC", () => gsoPacket({ linear: 25, gsoSize: 10 }), 0, 3],
    // One sk_buff of its own, then for each of two members a clone and its headroom.
    [
      "CLONE and skb_cow_head",
      () => gsoPacket({ linear: 10, members: [{ linear: 10 }, { linear: 5 }], gsoSize: 10 }),
      SG_CSUM,
      5,
    ],
    [
      "CLONE that is trimmed",
      () => gsoPacket({ linear: 10, members: [{ linear: 6, frags: [9] }], gsoSize: 10 }),
      SG_CSUM,
      5,
    ],
    ["skb_orphan_frags of the head", () => userMemory(gsoPacket({ linear: 10, frags: [15], gsoSize: 10 })), SG_CSUM, 4],
    [
      "skb_orphan_frags of a member",
      () => {
        const skb = gsoPacket({ linear: 5, members: [{ frags: [10] }], gsoSize: 10 });
        userMemory(must(membersOf(skb)[0]));
        return skb;
      },
      SG_CSUM,
      3,
    ],
    [
      "linearising shared fragments before they are summed",
      () => {
        const skb = gsoPacket({ linear: 5, frags: [10], gsoSize: 10 });
        skb.shinfo.flags |= SKBFL_SHARED_FRAG;
        return skb;
      },
      NETIF_F_SG,
      4,
    ],
    [
      "copying the memory of a second owner",
      () => {
        const skb = gsoPacket({ linear: 5, frags: [3], members: [{ frags: [10] }], gsoSize: 10 });
        giveZerocopyOwner(skb, "do-not-orphan");
        giveZerocopyOwner(must(membersOf(skb)[0]), "do-not-orphan");
        return skb;
      },
      SG_CSUM,
      3,
    ],
  ];
  test.each(cases)("%s", (_name, make, features, allocations) => {
    for (let i = 1; i <= allocations; i++) {
      const skb = make();
      const { truesize } = skb;
      const bytes = flatten(skb);
      const before = alive(skb.mem);
      failAllocations(skb.mem, i);
      expect(skbSegment(k, skb, features)).toBe(-ENOMEM);
      expect(skb.mem.injectedFailures).toBe(1);
      // User memory that was copied away has left its page behind.
      expect({ ...alive(skb.mem), pageRefs: 0 }).toEqual({ ...before, pageRefs: 0 });
      expect(alive(skb.mem).pageRefs).toBeLessThanOrEqual(before.pageRefs);
      expect(flatten(skb).slice(HEADERS)).toEqual(bytes);
      expect([skb.data, skb.truesize]).toEqual([skb.macHeader, truesize]);
      expect(brokenRules([skb])).toEqual([]);
    }
    const last = make();
    failAllocations(last.mem, allocations + 1);
    expect(skbSegment(k, last, features)).toBeTypeOf("object");
    expect(last.mem.injectedFailures).toBe(0);
  });
});
