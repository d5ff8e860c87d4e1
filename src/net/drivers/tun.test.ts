import { describe, expect, test } from "vitest";
import {
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  NETIF_F_TSO,
  NETIF_F_TSO_ECN,
  NETIF_F_TSO6,
  SKB_GSO_UDP,
} from "../../abi/features.js";
import { putU16 } from "../../bytes/view.js";
import { EINVAL, ENOMEM } from "../../skb/errno.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import { PACKET_HOST, PACKET_MULTICAST, type SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import {
  alive,
  failAllocations,
  flatten,
  makeMemory,
  makeSkb,
  must,
  NOTHING_ALIVE,
  payload,
  shapeOf,
} from "../../skb/testing/make.js";
import { ETH_P_8021Q, ETH_P_IP } from "../../wire/ethernet.js";
import type { VirtioNetHdr } from "../../wire/virtioNetHdr.js";
import type { NetKernel } from "../NetKernel.js";
import { type TapWriter, TUN_VLAN_OFFLOADS, tunFeatures, tunGetUser, tunNetXmit, tunPutUser } from "./tun.js";
import { virtioNetSeams } from "./virtioNet.seams.js";

const k = { virtioNet: virtioNetSeams } as NetKernel;
const tap = (): TapWriter => ({ mem: makeMemory("identity", 1 << 20), sk: new Sock("A") });
const hdr = (more: Partial<VirtioNetHdr> = {}): VirtioNetHdr => ({
  flags: 0,
  gsoType: 0,
  hdrLen: 0,
  gsoSize: 0,
  csumStart: 0,
  csumOffset: 0,
  ...more,
});

/** A frame of that length to a station, or to a group. */
function frameOf(length: number, group = false): Uint8Array {
  const frame = payload(length);
  frame[0] = group ? 1 : 2;
  if (length > 14) {
    putU16(frame, 12, ETH_P_IP);
    frame[14] = 0x45;
  }
  return frame;
}

function written(length: number, vnet: Partial<VirtioNetHdr> = {}, writer = tap()): SkBuff {
  const result = tunGetUser(k, writer, hdr(vnet), frameOf(length));
  if (result.skb === null) throw new Error(`write returned ${result.err}`);
  return result.skb;
}
const errnoOf = (length: number, vnet: Partial<VirtioNetHdr> = {}): number =>
  tunGetUser(k, tap(), hdr(vnet), frameOf(length)).err;

describe("tun_get_user, parsing", () => {
  test.each<[string, number, Partial<VirtioNetHdr>, number]>([
    ["frame length < 14", 13, {}, -EINVAL],
    ["frame length 14", 14, {}, 0],
    ["hdr_len > frame length", 60, { hdrLen: 61 }, -EINVAL],
    ["hdr_len of the frame length", 60, { hdrLen: 60 }, 0],
    ["0 < hdr_len < 14", 60, { hdrLen: 13 }, -EINVAL],
    ["hdr_len 0", 60, { hdrLen: 0 }, 0],
    ["NEEDS_CSUM raises hdr_len beyond the frame", 60, { flags: 1, csumStart: 34, csumOffset: 25 }, -EINVAL],
    ["NEEDS_CSUM raises hdr_len up to the frame", 60, { flags: 1, csumStart: 34, csumOffset: 24 }, 0],
    [
      "start = off = 0xffff wraps to 0 and is refused later",
      60,
      { flags: 1, csumStart: 0xffff, csumOffset: 0xffff },
      -EINVAL,
    ],
  ])("%s", (_name, length, vnet, expected) => {
    expect(errnoOf(length, vnet)).toBe(expected);
  });

  test("the 16-bit wrap passes the length test: a buffer is taken before the header is refused", () => {
    const writer = tap();
    writer.mem.startCounting([]);
    tunGetUser(k, writer, hdr({ flags: 1, csumStart: 0xffff, csumOffset: 0xffff }), frameOf(60));
    tunGetUser(k, writer, hdr({ flags: 1, csumStart: 0xffff, csumOffset: 0 }), frameOf(60));
    tunGetUser(k, writer, hdr({ flags: 1, csumStart: 61, csumOffset: 0 }), frameOf(60));
    // 0x20000 and 0x10001 wrap to 0 and 1, of which 1 is too short for a link header; 63 is beyond the frame.
    expect(writer.mem.allocations).toBe(1);
  });

  test("virtio_net_hdr_to_skb fails: -EINVAL, and nothing is left or charged", () => {
    const writer = tap();
    expect(tunGetUser(k, writer, hdr({ gsoType: 2 }), frameOf(60))).toEqual({ skb: null, err: -EINVAL });
    expect(alive(writer.mem)).toEqual(NOTHING_ALIVE);
    expect(writer.sk.wmemAlloc).toBe(1);
  });
});

describe("tun_get_user, layout", () => {
  /** SKB_DATA_ALIGN(frame + pad + 256) + shared info still fits into a page. */
  const LARGEST_BUILT = 4096 - 320 - 64 - 256;

  test("a small frame: one page fragment, entirely linear, hdr_len ignored", () => {
    const skb = written(LARGEST_BUILT, { hdrLen: 20 });
    expect([skb.headFrag, skb.dataLen, skb.end]).toEqual([true, 0, 4096 - 320]);
  });

  test.each([
    ["align + copylen < PAGE_SIZE: linear, whatever hdr_len says", LARGEST_BUILT + 1, 20, "linear 3443"],
    ["the last such length", 4031, 20, "linear 4017"],
    ["one more, hdr_len 20", 4032, 20, "linear 6 | frags 4012"],
    ["hdr_len 0: good_linear", 4032, 0, "linear 3698 | frags 320"],
    ["hdr_len beyond good_linear", 9000, 5000, "linear 3698 | frags 5288"],
    ["pages as large as they come", 40_000, 64, "linear 50 | frags 32768 7168"],
  ])("%s", (_name, length, hdrLen, expected) => {
    const skb = written(length, { hdrLen });
    expect(shapeOf(skb)).toBe(expected);
    expect(flatten(skb)).toEqual(frameOf(length).slice(14));
    expect(skb.headFrag).toBe(false);
  });

  test("more than seventeen of the largest pages: the linear part takes the rest", () => {
    const most = 17 * 32_768;
    const skb = written(most + 3000, { hdrLen: 20 });
    expect(shapeOf(skb)).toBe(`linear ${3000 - 14} | frags ${Array(17).fill(32_768).join(" ")}`);
  });

  test("the writer is charged for the whole", () => {
    const writer = tap();
    const skb = written(9000, {}, writer);
    expect(skb.truesize).toBeGreaterThan(9000);
    expect([skb.sk, skb.destructor, writer.sk.wmemAlloc]).toEqual([writer.sk, "sock_wfree", 1 + skb.truesize]);
    kfreeSkb(skb);
    expect([writer.sk.wmemAlloc, alive(writer.mem)]).toEqual([1, NOTHING_ALIVE]);
  });

  test.each([
    [60, 1],
    [9000, 1],
    [9000, 2],
    [40_000, 3],
  ])("a frame of %d bytes, allocation %d fails: -ENOMEM, and nothing is left", (length, nth) => {
    const writer = tap();
    failAllocations(writer.mem, nth);
    expect(tunGetUser(k, writer, hdr({ hdrLen: 60 }), frameOf(length)).err).toBe(-ENOMEM);
    expect(alive(writer.mem)).toEqual(NOTHING_ALIVE);
  });
});

describe("tun_get_user, after the bytes are in", () => {
  test("eth_type_trans: protocol, packet type, data and network header behind the link header", () => {
    const skb = written(60);
    expect([skb.protocol, skb.pktType, skb.data - skb.macHeader]).toEqual([ETH_P_IP, PACKET_HOST, 14]);
    expect(skb.networkHeader).toBe(skb.data);
    const group = must(tunGetUser(k, tap(), hdr(), frameOf(60, true)).skb);
    expect(group.pktType).toBe(PACKET_MULTICAST);
  });

  test("the transport header is probed, unless NEEDS_CSUM set it", () => {
    expect(written(60).transportHeader - written(60).data).toBe(20);
    const needs = written(60, { flags: 1, csumStart: 38, csumOffset: 6 });
    expect(needs.transportHeader - needs.data).toBe(24);
  });
});

describe("tun features", () => {
  const BASE = NETIF_F_SG | NETIF_F_FRAGLIST | TUN_VLAN_OFFLOADS;
  test.each([
    ["none", [], BASE],
    ["everything needs csum", ["tso4", "tso6", "uso4", "uso6"], BASE],
    ["csum", ["csum"], BASE | NETIF_F_HW_CSUM],
    ["ECN needs one of TSO", ["csum", "tso_ecn"], BASE | NETIF_F_HW_CSUM],
    ["tso4 with ECN", ["csum", "tso4", "tso_ecn"], BASE | NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO_ECN],
    ["tso6", ["csum", "tso6"], BASE | NETIF_F_HW_CSUM | NETIF_F_TSO6],
    ["USO needs both families", ["csum", "uso4"], BASE | NETIF_F_HW_CSUM],
    ["USO", ["csum", "uso4", "uso6"], BASE | NETIF_F_HW_CSUM | NETIF_F_GSO_UDP_L4],
    ["UFO is ignored", ["csum", "ufo"], BASE | NETIF_F_HW_CSUM],
  ])("%s", (_name, offloads, expected) => {
    expect(tunFeatures(offloads)).toBe(expected);
  });
});

describe("tun_put_user and tun_net_xmit", () => {
  test("a frame is read whole, over all its fragments", () => {
    const skb = makeSkb(makeMemory(), { linear: 20, frags: [30] });
    const vnet = { ...hdr(), outerThOffset: 0, innerNhOffset: 0 };
    expect(tunPutUser(skb)).toEqual({ vnet, frame: flatten(skb) });
  });

  test("an accelerated tag goes back into the frame", () => {
    const skb = Object.assign(makeSkb(makeMemory(), { linear: 20 }), { vlanProto: ETH_P_8021Q, vlanTci: 0x1234 });
    const bytes = flatten(skb);
    expect(tunPutUser(skb)?.frame).toEqual(
      Uint8Array.of(...bytes.slice(0, 12), 0x81, 0, 0x12, 0x34, ...bytes.slice(12)),
    );
  });

  test("a GSO type that the header cannot express, or bytes that are not there: nothing", () => {
    expect(tunPutUser(makeSkb(makeMemory(), { linear: 20, gsoSize: 5, gsoType: SKB_GSO_UDP }))).toBeNull();
    const short = makeSkb(makeMemory(), { linear: 20 });
    short.len += 1;
    short.dataLen += 1;
    expect(tunPutUser(short)).toBeNull();
  });

  test("the sender is told at once", () => {
    const skb = makeSkb(makeMemory(), { linear: 20 });
    const sk = new Sock("sender");
    skbSetOwnerW(skb, sk);
    const ring: SkBuff[] = [];
    tunNetXmit(skb, ring);
    expect([ring, sk.wmemAlloc, skb.sk]).toEqual([[skb], 1, null]);
  });
});
