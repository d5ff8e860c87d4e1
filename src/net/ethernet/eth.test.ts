import { describe, expect, test } from "vitest";
import { kfreeSkb } from "../../skb/free.js";
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, type SkBuff } from "../../skb/SkBuff.js";
import { alive, makeMemory, NOTHING_ALIVE } from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_TEB } from "../../wire/ethernet.js";
import { Napi, napiComplete, napiGroReceive } from "../core/gro/napi.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import {
  inEthernet,
  inIpv4,
  inMemory,
  toyKernel as k,
  received,
  receivingDevice,
  toyFrame4,
  toySegment,
} from "../core/gro/testing/groPackets.js";
import { ethGroComplete, ethTypeTrans } from "./eth.js";

describe("taking the link header off", () => {
  const station = Uint8Array.of(2, 0, 0, 0, 0, 0xaa);

  function typed(dest: readonly number[], proto = ETH_P_IP, address?: Uint8Array, payload: readonly number[] = []) {
    const frame = Uint8Array.of(...dest, 2, 0, 0, 0, 0, 1, proto >>> 8, proto & 0xff, ...payload);
    const skb = inMemory(makeMemory(), frame);
    ethTypeTrans(skb, address);
    return skb;
  }

  test("tells whom the frame is for", () => {
    expect(typed([2, 0, 0, 0, 0, 0xaa], ETH_P_IP, station).pktType).toBe(PACKET_HOST);
    expect(typed([2, 0, 0, 0, 0, 0xbb], ETH_P_IP, station).pktType).toBe(PACKET_OTHERHOST);
    expect(typed([1, 0, 0x5e, 0, 0, 1], ETH_P_IP, station).pktType).toBe(PACKET_MULTICAST);
    expect(typed(Array(6).fill(0xff), ETH_P_IP, station).pktType).toBe(PACKET_BROADCAST);
  });

  test("takes every frame to one station for its own where the address is not known", () => {
    expect(typed([2, 0, 0, 0, 0, 0xbb]).pktType).toBe(PACKET_HOST);
  });

  test("leaves data behind it", () => {
    const skb = typed([2, 0, 0, 0, 0, 0xbb], 0x86dd, undefined, [0x60]);
    expect(skb).toMatchObject({ protocol: 0x86dd, len: 1, macOffset: -14 });
  });

  test("takes a length for one of the two kinds of 802.3 frames", () => {
    expect(typed([2, 0, 0, 0, 0, 0xbb], 0x0010, undefined, [0xaa, 0xaa]).protocol).toBe(4);
    expect(typed([2, 0, 0, 0, 0, 0xbb], 0x0010, undefined, [0xff, 0xff]).protocol).toBe(1);
    expect(typed([2, 0, 0, 0, 0, 0xbb], 0x0010).protocol).toBe(4);
  });
});

describe("receive offload of frames in frames", () => {
  function bench() {
    const mem = makeMemory("identity", 1 << 17);
    const up: SkBuff[] = [];
    const napi = new Napi(receivingDevice(), (skb) => up.push(skb), { groNormalBatch: 1 });
    const give = (inner: Uint8Array) =>
      napiGroReceive(k, napi, received(mem, napi.dev, inEthernet(inner, ETH_P_TEB), { linear: 14 }));
    return { mem, napi, up, give };
  }

  test("merges them when the inner headers say so", () => {
    const { give, napi, up, mem } = bench();
    expect(give(toyFrame4({ id: 1 }))).toBe("HELD");
    expect(give(toyFrame4({ id: 2 }))).toBe("MERGED_FREE");
    napiComplete(k, napi);
    expect(up.map((skb) => [napiGroCb(skb).count, skb.len])).toEqual([[2, 14 + 20 + 4 + 16]]);
    kfreeSkb(up[0] as SkBuff);
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });

  test("keeps frames apart whose inner link headers differ", () => {
    const { give } = bench();
    give(toyFrame4({ id: 1 }));
    const other = toyFrame4({ id: 2 });
    other[5] = 9;
    expect(give(other)).toBe("HELD");
  });

  test("refuses a frame that ends in its inner link header, and one of an unknown protocol", () => {
    const { give } = bench();
    expect(give(new Uint8Array(13))).toBe("NORMAL");
    expect(give(inEthernet(new Uint8Array(50), 0x0806))).toBe("NORMAL");
  });

  test("keeps the complete sum true to what is behind the link header", () => {
    const mem = makeMemory();
    const napi = new Napi(receivingDevice(), () => {});
    const skb = received(mem, napi.dev, inEthernet(toyFrame4(), ETH_P_TEB));
    Object.assign(skb, { ipSummed: 2, csum: 0xffff });
    napiGroReceive(k, napi, skb);
    expect(napiGroCb(skb).csum % 0xffff).not.toBe(0);
  });

  test("notes where the inner link header is when it completes an encapsulated packet", () => {
    const mem = makeMemory();
    const skb = received(mem, receivingDevice(), inEthernet(inEthernet(inIpv4(toySegment({})), 0x0806), ETH_P_TEB));
    skb.encapsulation = true;
    expect(ethGroComplete(k, skb, 0)).toBe(-38);
    expect(skb.innerMacHeader).toBe(skb.data);
  });
});
