/** Cases worked out by hand, number by number. */
import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { csum16Add, csumFold, csumPartial, pseudoSumV4 } from "../../bytes/checksum.js";
import { concat } from "../../bytes/concat.js";
import { fromHex, hex } from "../../bytes/hexdump.js";
import { putBytes, readU16 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import { skbPullInner } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { chain, clonesOf, flatten, makeMemory, makeSkb, payload, reportsOf } from "../../skb/testing/make.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import { skbGsoSegment } from "../core/gso.js";
import { skbSegment } from "../core/skbSegment.js";
import { fixedSeams } from "../fixedSeams.js";
import type { NetKernel } from "../NetKernel.js";
import { offloads } from "../offloads.js";

const k: NetKernel = { ...fixedSeams, offloads };

/** A frame as it would be sent, its checksum partial. */
function frameOf(headers: string, data: Uint8Array, gsoType: number, gsoSize: number): SkBuff {
  const bytes = fromHex(headers);
  const skb = makeSkb(makeMemory(), { linear: bytes.length + data.length, gsoType, gsoSize });
  putBytes(skb, skb.data, bytes);
  putBytes(skb, skb.data + bytes.length, data);
  skb.protocol = ETH_P_IP;
  skb.networkHeader = skb.data + 14;
  skb.transportHeader = skb.data + 34;
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.transportHeader;
  skb.csumOffset = 6;
  return skb;
}

function segmentsOf(skb: SkBuff, features: number): SkBuff[] {
  const segs = skbGsoSegment(k, skb, features);
  if (segs === null || typeof segs === "number") throw new Error(`segmentation returned ${segs}`);
  return chain(segs);
}

const ETHERNET = "02000000000202000000000108 00";
const ip = (seg: SkBuff, offset: number): number => readU16(seg, seg.networkHeader + offset);
const udp = (seg: SkBuff, offset: number): number => readU16(seg, seg.transportHeader + offset);

describe("UDP L4, IPv4, software checksum", () => {
  // 10.0.0.1:5000 -> 10.0.0.2:5001, TTL 64, DF set, id 0xFFFE.
  const headers = `${ETHERNET} 45000026fffe40004011000 00a0000010a000002 1388138900121426`.replaceAll(" ", "");
  const make = (): SkBuff => frameOf(headers, fromHex("0102030405060708090a"), SKB_GSO_UDP_L4, 4);

  test("payload, IP id, IP total, IP check, UDP len, final check", () => {
    const rows = segmentsOf(make(), 0).map((seg) => [
      hex(flatten(seg).slice(42)).replaceAll(" ", ""),
      ip(seg, 4),
      ip(seg, 2),
      ip(seg, 10),
      udp(seg, 4),
      udp(seg, 6),
    ]);
    expect(rows).toEqual([
      ["01020304", 0xfffe, 32, 0x26cc, 12, 0xc0bc],
      ["05060708", 0xffff, 32, 0x26cb, 12, 0xb8b4],
      ["090a", 0x0000, 30, 0x26cd, 10, 0xbbbc],
    ]);
  });

  test("check after adjust is what remains in the packet with checksum offload", () => {
    const segs = segmentsOf(make(), NETIF_F_HW_CSUM);
    expect(segs.map((seg) => [seg.ipSummed, udp(seg, 6)])).toEqual([
      [CHECKSUM_PARTIAL, 0x1420],
      [CHECKSUM_PARTIAL, 0x1420],
      [CHECKSUM_PARTIAL, 0x141e],
    ]);
    expect(segmentsOf(make(), 0).map((seg) => seg.ipSummed)).toEqual([CHECKSUM_NONE, CHECKSUM_NONE, CHECKSUM_NONE]);
  });

  test("payload sums in SKB_GSO_CB", () => {
    const skb = make();
    skb.macHeader = skb.cbMacOffset = skb.data;
    skb.macLen = 14;
    skbPullInner(skb, 42);
    const segs = skbSegment(k, skb, 0);
    expect(chain(segs as SkBuff).map((seg) => ~csumFold(seg.cbCsum) & 0xffff)).toEqual([0x0406, 0x0c0e, 0x090a]);
  });
});

describe("UFO, IPv4", () => {
  const data = payload(3000);
  const headers = `${ETHERNET} 45000bd41234000040110000 0a0000010a000002 138813890bc00000`.replaceAll(" ", "");
  const make = (gsoSize = 1480): SkBuff => frameOf(headers, data, SKB_GSO_UDP, gsoSize);
  const fragments = segmentsOf(make(), NETIF_F_SG);

  test("fragments of 1480, 1480 and 48 bytes", () => {
    expect(fragments.map((seg) => seg.len - 34)).toEqual([1480, 1480, 48]);
    expect(fragments.map((seg) => ip(seg, 6))).toEqual([0x2000, 0x20b9, 0x0172]);
    expect(fragments.map((seg) => ip(seg, 2))).toEqual([1500, 1500, 68]);
    expect(fragments.map((seg) => ip(seg, 4))).toEqual([0x1234, 0x1234, 0x1234]);
  });

  test("the UDP header is inside the first fragment with the full checksum", () => {
    const datagram = concat(fragments.map((seg) => flatten(seg).slice(34)));
    expect(datagram.slice(8)).toEqual(data);
    const pseudo = pseudoSumV4(flatten(fragments[0] as SkBuff), 26, 30, datagram.length, 17, 0);
    expect(csumFold(csumPartial(datagram, 0, datagram.length, pseudo))).toBe(0);
    expect(datagram.slice(6, 8)).not.toEqual(new Uint8Array(2));
    expect(fragments.map((seg) => seg.ipSummed)).toEqual(Array(3).fill(CHECKSUM_UNNECESSARY));
  });

  test("a checksum that comes to 0 is stored as 0xffff", () => {
    const check = udp(fragments[0] as SkBuff, 6);
    // One word more by just that much takes the complement to 0.
    const word = csum16Add(readU16(make(), make().data + 42), check);
    const skb = make();
    putBytes(skb, skb.data + 42, Uint8Array.of(word >>> 8, word & 0xff));
    expect(udp(segmentsOf(skb, NETIF_F_SG)[0] as SkBuff, 6)).toBe(0xffff);
  });

  test("len <= gso_size: -EINVAL", () => {
    expect(skbGsoSegment(k, make(3008), NETIF_F_SG)).toBe(-EINVAL);
    expect(skbGsoSegment(k, make(3000), NETIF_F_SG)).toBeTypeOf("object");
  });

  test("an outer header that needs the sum keeps the features: the payload is summed again", () => {
    const skb = make();
    skb.encapHdrCsum = true;
    const segs = segmentsOf(skb, NETIF_F_SG);
    expect(segs.map((seg) => seg.ipSummed)).toEqual([CHECKSUM_NONE, CHECKSUM_NONE, CHECKSUM_NONE]);
    expect(segs.map((seg) => csumFold(seg.cbCsum))).toEqual(
      segs.map((seg) => csumFold(csumPartial(flatten(seg), 34, seg.len - 34, 0))),
    );
  });

  test("HZ-2, head cloned and checksum partial: the sibling's UDP checksum is written", () => {
    const skb = make();
    const [clone] = clonesOf(skb, 1) as [SkBuff];
    segmentsOf(clone, NETIF_F_SG);
    expect(reportsOf(skb.mem)).toContain("shared-write bytes");
    expect(udp(skb, 6)).not.toBe(0);
  });
});
