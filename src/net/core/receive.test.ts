import { describe, expect, test } from "vitest";
import { CHECKSUM_COMPLETE } from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { putBytes } from "../../skb/bytes.js";
import { ENOMEM } from "../../skb/errno.js";
import { skbGet } from "../../skb/free.js";
import { skbChecksum } from "../../skb/read.js";
import { HEADER_UNSET, type SkBuff } from "../../skb/SkBuff.js";
import {
  alive,
  clonesOf,
  failAllocations,
  flatten,
  makeMemory,
  makeSkb,
  NOTHING_ALIVE,
  reportsOf,
} from "../../skb/testing/make.js";
import { ETH_P_8021Q, ETH_P_IP } from "../../wire/ethernet.js";
import { netifReceiveSkb } from "./receive.js";
import { vlanPushTag } from "./vlan.js";

const MACS = Uint8Array.from({ length: 12 }, (_, i) => 0xa0 + i);
const TAG = Uint8Array.of(0x20, 0x2a, 0x08, 0x00);

/** A tagged frame behind eth_type_trans: `data` at the tag. */
function taggedPacket(shape = {}): SkBuff {
  const skb = makeSkb(makeMemory(), { headroom: 78, linear: 44, ...shape });
  putBytes(skb, 64, MACS);
  putBytes(skb, 76, Uint8Array.of(0x81, 0x00));
  putBytes(skb, skb.data, TAG);
  skb.macHeader = 64;
  skb.protocol = ETH_P_8021Q;
  return skb;
}

describe("netif_receive_skb", () => {
  test("sets network header, MAC length, and the transport header where nobody did", () => {
    const skb = makeSkb(makeMemory(), { headroom: 78, linear: 40 });
    skb.macHeader = 64;
    skb.protocol = ETH_P_IP;
    expect(netifReceiveSkb(skb)).toBe(skb);
    expect([skb.networkHeader, skb.transportHeader, skb.macLen]).toEqual([78, 78, 14]);
    skb.transportHeader = 98;
    netifReceiveSkb(skb);
    expect(skb.transportHeader).toBe(98);
  });

  test("moves a tag into metadata, and the addresses up to the IP header", () => {
    const skb = taggedPacket();
    const payload = flatten(skb).slice(4);
    expect(netifReceiveSkb(skb)).toBe(skb);
    expect([skb.vlanProto, skb.vlanTci, skb.protocol]).toEqual([ETH_P_8021Q, 0x202a, ETH_P_IP]);
    expect([skb.macHeader, skb.networkHeader, skb.macLen, skb.data]).toEqual([68, 82, 14, 82]);
    expect(skb.mem.arena.bytes.slice(skb.head.base + 68, skb.head.base + 80)).toEqual(MACS);
    expect(flatten(skb)).toEqual(payload);
  });

  test("a second tag stays in the frame", () => {
    const skb = taggedPacket();
    skb.vlanProto = ETH_P_8021Q;
    netifReceiveSkb(skb);
    expect([skb.protocol, skb.data]).toEqual([ETH_P_8021Q, 78]);
  });

  test("takes the tag out of a complete sum", () => {
    const skb = taggedPacket();
    skb.ipSummed = CHECKSUM_COMPLETE;
    skb.csum = skbChecksum(skb, 0, skb.len, 0);
    netifReceiveSkb(skb);
    expect(csumFold(skb.csum)).toBe(csumFold(csumPartial(flatten(skb), 0, skb.len, 0)));
  });

  test("a clone of the frame is left as it was", () => {
    const skb = taggedPacket();
    const [other] = clonesOf(skb, 1) as [SkBuff];
    const before = flatten(other);
    expect(netifReceiveSkb(skb)).not.toBeNull();
    expect(flatten(other)).toEqual(before);
    expect(reportsOf(skb.mem)).toEqual([]);
  });

  test("somebody else's reference is answered with a clone", () => {
    const skb = skbGet(taggedPacket());
    const untagged = netifReceiveSkb(skb);
    expect(untagged).not.toBe(skb);
    expect([skb.users, skb.protocol]).toEqual([1, ETH_P_8021Q]);
  });

  test.each([
    ["no clone", () => skbGet(taggedPacket()), 1],
    ["no private head", () => clonesOf(taggedPacket(), 1)[0] as SkBuff, 1],
  ])("%s: freed", (_name, make, nth) => {
    const skb = make();
    failAllocations(skb.mem, nth);
    expect(netifReceiveSkb(skb)).toBeNull();
    expect(skb.mem.injectedFailures).toBe(1);
  });

  test("a frame that ends within its tag is freed", () => {
    const skb = taggedPacket({ linear: 5 });
    expect(netifReceiveSkb(skb)).toBeNull();
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });
});

describe("__vlan_hwaccel_push_inside", () => {
  test("is undone by receiving", () => {
    const skb = taggedPacket();
    netifReceiveSkb(skb);
    const before = flatten(skb);
    skb.data = skb.macHeader;
    skb.len += 14;
    expect(vlanPushTag(skb)).toBe(0);
    expect([skb.macHeader, skb.data, skb.protocol, skb.vlanProto]).toEqual([64, 64, ETH_P_8021Q, 0]);
    expect(flatten(skb)).toEqual(Uint8Array.of(...MACS, 0x81, 0x00, ...TAG, ...before));
  });

  test("without memory: -ENOMEM, and the packet is freed", () => {
    const skb = makeSkb(makeMemory(), { headroom: 0, linear: 30 });
    expect(skb.transportHeader).toBe(HEADER_UNSET);
    failAllocations(skb.mem, 1);
    expect(vlanPushTag(skb)).toBe(-ENOMEM);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });
});
