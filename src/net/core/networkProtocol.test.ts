import { describe, expect, test } from "vitest";
import { putU16 } from "../../bytes/view.js";
import { putBytes } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { makeMemory, makeSkb } from "../../skb/testing/make.js";
import { ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6, ETH_P_TEB } from "../../wire/ethernet.js";
import { emitVlan } from "../../wire/vlan.js";
import { skbNetworkProtocol } from "./networkProtocol.js";

/** A frame with `tags` tags between addresses and protocol, `data` at its start. */
function tagged(tags: number, macLen: number, linear = 14 + 4 * tags): SkBuff {
  const frame = new Uint8Array(14 + 4 * tags + 20);
  putU16(frame, 12, tags > 0 ? ETH_P_8021Q : ETH_P_IPV6);
  for (let i = 0; i < tags; i++) emitVlan(frame, 14 + 4 * i, i, i === tags - 1 ? ETH_P_IPV6 : ETH_P_8021AD);
  const skb = makeSkb(makeMemory(), { linear, frags: [frame.length - linear], tailroom: 64 });
  putBytes(skb, skb.data, frame.subarray(0, linear));
  const page = skb.head.shinfo.seen().frags[0];
  if (page !== undefined) skb.mem.arena.bytes.set(frame.subarray(linear), page.page.base + page.offset);
  skb.protocol = tags > 0 ? ETH_P_8021Q : ETH_P_IPV6;
  skb.macLen = macLen;
  return skb;
}

describe("skb_network_protocol", () => {
  test("no tag: the protocol, and mac_len bytes in front", () => {
    expect(skbNetworkProtocol(tagged(0, 14))).toEqual({ type: ETH_P_IPV6, depth: 14 });
  });

  test.each([1, 2, 7])("%d tags: the protocol behind them", (tags) => {
    expect(skbNetworkProtocol(tagged(tags, 14 + 4))).toEqual({ type: ETH_P_IPV6, depth: 14 + 4 * tags });
    expect(skbNetworkProtocol(tagged(tags, 0))).toEqual({ type: ETH_P_IPV6, depth: 14 + 4 * tags });
  });

  test("the 8th tag in a row: 0", () => {
    expect(skbNetworkProtocol(tagged(8, 18)).type).toBe(0);
  });

  test("a mac_len below 4 in front of a tag: WARN, 0", () => {
    const skb = tagged(1, 3);
    expect(skbNetworkProtocol(skb).type).toBe(0);
    expect(skb.mem.warnings.map(({ id }) => id)).toEqual(["vlan-depth"]);
  });

  test("tags in page fragments are read there, and the header is made linear", () => {
    const skb = tagged(3, 18, 16);
    expect(skbNetworkProtocol(skb)).toEqual({ type: ETH_P_IPV6, depth: 26 });
    expect(skb.headlen).toBe(26);
  });

  test("a missing tag: 0", () => {
    const skb = makeSkb(makeMemory(), { linear: 15 });
    skb.protocol = ETH_P_8021Q;
    expect(skbNetworkProtocol(skb).type).toBe(0);
  });

  test("fewer bytes than the header needs: 0", () => {
    const skb = makeSkb(makeMemory(), { linear: 10 });
    skb.protocol = ETH_P_IP;
    skb.macLen = 14;
    expect(skbNetworkProtocol(skb).type).toBe(0);
  });

  test("ETH_P_TEB: the EtherType of the inner frame", () => {
    const skb = tagged(0, 14);
    skb.protocol = ETH_P_TEB;
    expect(skbNetworkProtocol(skb).type).toBe(ETH_P_IPV6);
  });

  test("ETH_P_TEB without 14 bytes: 0", () => {
    const skb = makeSkb(makeMemory(), { linear: 13 });
    skb.protocol = ETH_P_TEB;
    expect(skbNetworkProtocol(skb).type).toBe(0);
  });
});
