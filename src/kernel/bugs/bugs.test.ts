/** One small packet for each bug: what mainline does with it, and what a kernel with the bug does. */
import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  SKB_GSO_DODGY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { skbSegment } from "../../net/core/skbSegment.js";
import { skbSegmentList } from "../../net/core/skbSegmentList.js";
import { udp4UfoFragment } from "../../net/ipv4/udpOffload.js";
import type { NetKernel, Segments } from "../../net/NetKernel.js";
import { offloads } from "../../net/offloads.js";
import { skbGet } from "../../skb/free.js";
import { skbOrphan, skbSetOwnerW } from "../../skb/owner.js";
import { skbPullInner } from "../../skb/pushPull.js";
import { Reference } from "../../skb/Reference.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import {
  chain,
  clonesOf,
  faultOf,
  giveZerocopyOwner,
  makeMemory,
  makeSkb,
  membersOf,
  must,
  type Shape,
} from "../../skb/testing/make.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import { mainline } from "../Kernel.js";
import { kernelFor } from "../kernelFor.js";
import { bugs } from "./list.js";
import type { BugCases } from "./testing/bugCase.js";
import { groCases } from "./testing/groCases.js";
import { listCases } from "./testing/listCases.js";
import { receiveCases } from "./testing/receiveCases.js";
import { segmentCases } from "./testing/segmentCases.js";
import { tunnelCases } from "./testing/tunnelCases.js";
import { virtioCases } from "./testing/virtioCases.js";

const HEADERS = 42;
const HW = NETIF_F_SG | NETIF_F_HW_CSUM;
const LIST = SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4;

const right: NetKernel = { ...mainline.seams, offloads };
const withBug = (id: string): NetKernel => ({ ...kernelFor(undefined, [id]).seams, offloads });

/** A packet with `data` at its UDP header, checksum partial; `linear` counts payload only. */
function packet(shape: Shape, rounding: "identity" | "kmalloc612" = "identity"): SkBuff {
  const skb = makeSkb(makeMemory(rounding, 1 << 18), {
    gsoType: SKB_GSO_UDP_L4,
    ...shape,
    linear: HEADERS + (shape.linear ?? 0),
    members: shape.members?.map((member) => ({ ...member, headroom: 64 + HEADERS })),
  });
  skb.protocol = ETH_P_IP;
  skb.macHeader = skb.cbMacOffset = skb.data;
  skb.macLen = 14;
  skb.networkHeader = skb.data + 14;
  skb.transportHeader = skb.data + 34;
  for (const member of membersOf(skb)) {
    member.transportHeader = member.data - 8;
    member.networkHeader = member.data - 28;
  }
  skbPullInner(skb, 34);
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.transportHeader;
  skb.csumOffset = 6;
  return skb;
}

const list = (more: Shape = {}): SkBuff =>
  packet({ linear: 10, members: [{ linear: 10 }, { linear: 10 }], gsoSize: 10, gsoSegs: 3, gsoType: LIST, ...more });
const split = (k: NetKernel, skb: SkBuff) => skbSegmentList(k, skb, HW, 14);
/** Behind the UDP header, as skb_segment wants it. */
function cut(k: NetKernel, skb: SkBuff, features: number) {
  skbPullInner(skb, 8);
  return skbSegment(k, skb, features);
}
const lengths = (segs: Segments): number[] => chain(segs as SkBuff).map((seg) => seg.len - HEADERS);

/** For each bug: what a kernel makes of the packet, on mainline and with the bug. */
const cases: BugCases = {
  "fraglist-head-not-uncloned": [
    (k) => {
      const sibling = list();
      split(k, must(clonesOf(sibling, 1)[0]));
      const { gsoSize, fragList } = sibling.head.shinfo.seen();
      return { gsoSize, hasList: fragList !== null };
    },
    { gsoSize: 10, hasList: true },
    { gsoSize: 0, hasList: false },
  ],
  "fraglist-null-list": [
    (k) => faultOf(() => split(k, packet({ linear: 30, gsoSize: 10, gsoType: LIST }))),
    "",
    "NULLDEREF(list-first)",
  ],
  "fraglist-shared-members": [
    (k) => {
      const skb = list();
      const member = skbGet(must(membersOf(skb)[0]));
      split(k, skb);
      return { isUsed: skb.next === member, len: member.len };
    },
    { isUsed: false, len: 10 },
    { isUsed: true, len: HEADERS + 10 },
  ],
  "fraglist-ext-leak": [
    (k) => {
      const skb = list();
      const extensions = new Reference(skb.mem, "extensions");
      must(membersOf(skb)[0]).extensions = extensions.hold();
      split(k, skb);
      return extensions.refs;
    },
    1,
    2,
  ],
  "fraglist-truesize-subtract": [
    (k) => {
      const skb = list();
      const members = membersOf(skb).reduce((sum, member) => sum + member.truesize, 0);
      const before = skb.truesize;
      split(k, skb);
      return {
        lost: before - skb.truesize === 0 ? "nothing" : before - skb.truesize === members ? "the members'" : "other",
      };
    },
    { lost: "nothing" },
    { lost: "the members'" },
  ],
  "fraglist-truesize-after-unclone": [
    (k) => {
      // Heads of pages are as large as asked for; the slab that an un-clone takes is larger.
      const members = Array.from({ length: 5 }, () => ({ linear: 10, headFrag: true }));
      const skb = packet({ linear: 10, headFrag: true, members, gsoSize: 10, gsoType: LIST }, "kmalloc612");
      for (const member of membersOf(skb)) skbGet(member);
      split(k, skb);
      return skb.truesize > 2 ** 31;
    },
    false,
    true,
  ],
  "fraglist-pulled-udp": [
    (k) => {
      // One byte of the first member was pulled into the head.
      const skb = list({ linear: 11, members: [{ linear: 9 }, { linear: 10 }] });
      return lengths(udp4UfoFragment(k, skb, HW));
    },
    [10, 10, 10],
    [11, 9, 10],
  ],
  "fraglist-partial-pull-no-linearize": [
    (k) => {
      const pulled = {
        linear: 12,
        members: [{ linear: 10 }, { linear: 10 }],
        gsoSize: 11,
        gsoType: LIST | SKB_GSO_DODGY,
      };
      return faultOf(() => udp4UfoFragment(k, packet(pulled), HW));
    },
    "",
    "BUG(list-frags-short)",
  ],
  "mss-overflow-gso-by-frags": [
    (k) => {
      const skb = packet({ linear: 65_535, gsoSize: 257 });
      return faultOf(() => cut(k, skb, HW | NETIF_F_GSO_PARTIAL));
    },
    "",
    "NULLDEREF(by-frags)",
  ],
  "zcopy-stale-frag-cursor": [
    (k) => {
      // Two fragments become three pages, of which the old count knows two.
      const skb = packet({ frags: [5000, 5000], gsoSize: 6000 });
      giveZerocopyOwner(skb);
      return faultOf(() => cut(k, skb, HW));
    },
    "",
    "NULLDEREF(list-exhausted)",
  ],
  "mixed-head-alloc": [
    (k) => {
      const members = [{ linear: 12, headFrag: true }, { linear: 8 }];
      const skb = packet({ linear: 12, members, gsoSize: 11, gsoType: SKB_GSO_UDP_L4 | SKB_GSO_DODGY });
      return faultOf(() => cut(k, skb, HW));
    },
    "",
    "BUG(linear-member)",
  ],
  "udp-gso-owner-kept": [
    (k) => {
      const skb = packet({ linear: 25, gsoSize: 10 });
      skbSetOwnerW(skb, new Sock("sender"));
      udp4UfoFragment(k, skb, 0);
      return faultOf(() => skbOrphan(skb));
    },
    "",
    "BUG(orphan)",
  ],
  "udp-gso-csum-none-hw": [
    (k) => {
      const skb = packet({ linear: 25, gsoSize: 10 });
      skb.ipSummed = CHECKSUM_NONE;
      return udp4UfoFragment(k, skb, HW | NETIF_F_GSO_UDP_L4) === null ? "left to the device" : "cut";
    },
    "cut",
    "left to the device",
  ],
  "udp-gso-dodgy-fallthrough": [
    (k) => {
      const skb = packet({ linear: 24, gsoSize: 16, gsoType: SKB_GSO_UDP_L4 | SKB_GSO_DODGY });
      const segs = udp4UfoFragment(k, skb, HW | NETIF_F_GSO_UDP_L4);
      // As IP fragments: the UDP header counts as payload.
      return segs === null ? "left to the device" : chain(segs as SkBuff).map((seg) => seg.len - 34);
    },
    "left to the device",
    [16, 16],
  ],
  ...listCases,
  ...segmentCases,
  ...tunnelCases,
  ...groCases,
  ...receiveCases,
  ...virtioCases,
};

describe("every bug", () => {
  test("has its case here", () => {
    expect(Object.keys(cases).sort()).toEqual(bugs.map(({ id }) => id).sort());
  });

  test.each(Object.entries(cases))(
    "%s: mainline does right, the kernel with the bug does not",
    (id, [show, good, bad]) => {
      expect(show(right)).toEqual(good);
      expect(show(withBug(id))).toEqual(bad);
    },
  );
});
