import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  SKB_GSO_DODGY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_TCP_ECN,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { EINVAL } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { makeMemory, makeSkb, type Shape } from "../../skb/testing/make.js";
import type { VirtioNetHdr } from "../../wire/virtioNetHdr.js";
import type { NetKernel } from "../NetKernel.js";
import { virtioNetHdrFromSkb, virtioNetHdrToSkb } from "./virtioNet.js";
import { virtioNetSeams } from "./virtioNet.seams.js";

const k = { virtioNet: virtioNetSeams } as NetKernel;
const NONE = 0;
const TCPV4 = 1;
const UDP = 3;
const TCPV6 = 4;
const UDP_L4 = 5;
const ECN = 0x80;

type Hdr = Partial<VirtioNetHdr>;
const hdrOf = (more: Hdr): VirtioNetHdr => ({
  flags: 0,
  gsoType: NONE,
  hdrLen: 0,
  gsoSize: 0,
  csumStart: 0,
  csumOffset: 0,
  ...more,
});
/** NEEDS_CSUM with the transport header behind Ethernet and IPv4. */
const needs = (csumOffset: number, more: Hdr = {}): Hdr => ({ flags: 1, csumStart: 34, csumOffset, ...more });

/** A frame of `linear` linear bytes; a long one if nothing is said. */
const frame = (shape: Shape = { linear: 1000 }): SkBuff =>
  makeSkb(makeMemory("identity", 1 << 18), { tailroom: 4096, ...shape });

/** The errno, or what became of the packet: gso_size, gso_segs, gso_type. */
function accept(hdr: Hdr, skb = frame()): number | readonly number[] {
  const err = virtioNetHdrToSkb(k, skb, hdrOf(hdr));
  if (err !== 0) return err;
  const { gsoSize, gsoSegs, gsoType } = skb.head.shinfo.seen();
  return [gsoSize, gsoSegs, gsoType];
}

const NOT_GSO = [0, 0, 0];

describe("virtio_net_hdr_to_skb, rule by rule", () => {
  test.each<[string, Hdr, number | readonly number[]]>([
    ["A: no GSO, nothing asked", {}, NOT_GSO],
    ["A: TCPV4", { gsoType: TCPV4, gsoSize: 100 }, [100, 0, SKB_GSO_TCPV4 | SKB_GSO_DODGY]],
    ["A: TCPV6", { gsoType: TCPV6, gsoSize: 100 }, [100, 0, SKB_GSO_TCPV6 | SKB_GSO_DODGY]],
    ["A: UDP", { gsoType: UDP, gsoSize: 100 }, [100, 0, SKB_GSO_UDP | SKB_GSO_DODGY]],
    ["A: UDP_L4", needs(6, { gsoType: UDP_L4, gsoSize: 100 }), [100, 0, SKB_GSO_UDP_L4 | SKB_GSO_DODGY]],
    [
      "A: ECN on top",
      { gsoType: TCPV4 | ECN, gsoSize: 100 },
      [100, 0, SKB_GSO_TCPV4 | SKB_GSO_TCP_ECN | SKB_GSO_DODGY],
    ],
    ["A: ECN alone", { gsoType: ECN, gsoSize: 100 }, -EINVAL],
    ["A: an unknown type", { gsoType: 2, gsoSize: 100 }, -EINVAL],
    ["A: gso_size 0", { gsoType: TCPV4 }, -EINVAL],
    ["A: flags DATA_VALID, RSC_INFO and unknown bits are ignored", { flags: 0xfe }, NOT_GSO],
    ["C: the checksum field needs to be there", needs(1000), -EINVAL],
    [
      "C: csum_start + 20 for TCP needs to be there",
      { ...needs(16), csumStart: 985, gsoType: TCPV4, gsoSize: 8 },
      -EINVAL,
    ],
    ["C: csum_start below 20, no GSO as well", { ...needs(6), csumStart: 19 }, -EINVAL],
    ["C: csum_start of 20", { ...needs(6), csumStart: 20 }, NOT_GSO],
    ["C: csum_start below 40 for TCPV6", { ...needs(16), csumStart: 39, gsoType: TCPV6, gsoSize: 100 }, -EINVAL],
    [
      "C: csum_start of 40 for TCPV6",
      { ...needs(16), csumStart: 40, gsoType: TCPV6, gsoSize: 100 },
      [100, 0, SKB_GSO_TCPV6 | SKB_GSO_DODGY],
    ],
    ["D: UDP_L4 without NEEDS_CSUM", { gsoType: UDP_L4, gsoSize: 100 }, -EINVAL],
    ["D: UDP_L4 with another csum_offset than 6", needs(16, { gsoType: UDP_L4, gsoSize: 100 }), -EINVAL],
    ["D: UDP_L4 with ECN", needs(6, { gsoType: UDP_L4 | ECN, gsoSize: 100 }), -EINVAL],
    ["D: UDP_L4, 958 bytes in more than 128 segments", needs(6, { gsoType: UDP_L4, gsoSize: 7 }), -EINVAL],
    [
      "D: UDP_L4, in 128 segments at most",
      needs(6, { gsoType: UDP_L4, gsoSize: 8 }),
      [8, 0, SKB_GSO_UDP_L4 | SKB_GSO_DODGY],
    ],
    ["D: TCP partial with another csum_offset than 16", needs(6, { gsoType: TCPV4, gsoSize: 100 }), -EINVAL],
    [
      "D: TCP not partial: csum_offset is not looked at",
      { gsoType: TCPV4, gsoSize: 100, csumOffset: 6 },
      [100, 0, SKB_GSO_TCPV4 | SKB_GSO_DODGY],
    ],
    ["D: gso_size 0xffff", { gsoType: TCPV4, gsoSize: 0xffff }, -EINVAL],
    ["D: one segment holds everything: not GSO", needs(6, { gsoType: UDP_L4, gsoSize: 958 }), NOT_GSO],
    ["D: one byte more", needs(6, { gsoType: UDP_L4, gsoSize: 957 }), [957, 0, SKB_GSO_UDP_L4 | SKB_GSO_DODGY]],
    [
      "D: for UDP the header counts as payload",
      needs(6, { gsoType: UDP, gsoSize: 965 }),
      [965, 0, SKB_GSO_UDP | SKB_GSO_DODGY],
    ],
    ["D: and everything with it in one fragment", needs(6, { gsoType: UDP, gsoSize: 966 }), NOT_GSO],
  ])("%s", (_name, hdr, expected) => {
    expect(accept(hdr)).toEqual(expected);
  });

  test("B: the MAC header is at data", () => {
    const skb = frame();
    accept({}, skb);
    expect(skb.macHeader).toBe(skb.data);
  });

  test("C: success makes the packet partial, its transport header where the sum starts", () => {
    const skb = frame();
    accept(needs(6), skb);
    expect([skb.ipSummed, skb.csumStart, skb.csumOffset, skb.transportHeader]).toEqual([
      CHECKSUM_PARTIAL,
      skb.data + 34,
      6,
      skb.data + 34,
    ]);
  });

  test("C: headroom + csum_start >= 65535: -EINVAL", () => {
    const skb = frame({ headroom: 65_500, linear: 200 });
    expect(accept({ ...needs(6), csumStart: 34 }, skb)).toEqual(NOT_GSO);
    expect(accept({ ...needs(6), csumStart: 35 }, frame({ headroom: 65_500, linear: 200 }))).toBe(-EINVAL);
  });

  test("C: header bytes in fragments are made linear", () => {
    const skb = frame({ linear: 20, frags: [500] });
    accept(needs(6, { gsoType: UDP_L4, gsoSize: 100 }), skb);
    expect(skb.headlen).toBe(42);
  });

  test.each([
    ["TCPV4", TCPV4, 40],
    ["TCPV6", TCPV6, 60],
    ["UDP", UDP, 28],
  ])("C: %s without NEEDS_CSUM: the least headers have to be there", (_name, gsoType, least) => {
    expect(accept({ gsoType, gsoSize: 8 }, frame({ linear: least - 1 }))).toBe(-EINVAL);
    expect(accept({ gsoType, gsoSize: 8 }, frame({ linear: least }))).toEqual(NOT_GSO);
  });

  test("a release that raises a small TCP gso_size", () => {
    const raising = {
      virtioNet: { ...virtioNetSeams, leastTcpGsoSize: (size: number) => Math.max(size, 8) },
    } as NetKernel;
    const skb = frame();
    expect(virtioNetHdrToSkb(raising, skb, hdrOf({ gsoType: TCPV4, gsoSize: 1 }))).toBe(0);
    expect(skb.head.shinfo.gsoSize).toBe(8);
  });
});

describe("virtio_net_hdr_from_skb", () => {
  const gso = (gsoType: number, more: Partial<SkBuff> = {}): SkBuff =>
    Object.assign(frame({ linear: 50, frags: [100], gsoSize: 30, gsoType }), more);

  test.each([
    ["TCPV4", SKB_GSO_TCPV4, TCPV4],
    ["TCPV6", SKB_GSO_TCPV6, TCPV6],
    ["UDP_L4", SKB_GSO_UDP_L4, UDP_L4],
    ["TCPV4 first", SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_UDP_L4, TCPV4],
    ["a list as UDP_L4", SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4, UDP_L4],
    ["ECN", SKB_GSO_TCPV4 | SKB_GSO_TCP_ECN, TCPV4 | ECN],
  ])("%s", (_name, type, expected) => {
    expect(virtioNetHdrFromSkb(gso(type), 0)).toEqual(hdrOf({ gsoType: expected, hdrLen: 50, gsoSize: 30 }));
  });

  test("a type that the header cannot express: nothing", () => {
    expect(virtioNetHdrFromSkb(gso(SKB_GSO_UDP), 0)).toBeUndefined();
  });

  test("not GSO: all zero", () => {
    expect(virtioNetHdrFromSkb(frame(), 0)).toEqual(hdrOf({}));
    expect(virtioNetHdrFromSkb(Object.assign(frame(), { ipSummed: CHECKSUM_COMPLETE }), 0)).toEqual(hdrOf({}));
    expect(virtioNetHdrFromSkb(Object.assign(frame(), { ipSummed: CHECKSUM_NONE }), 0)).toEqual(hdrOf({}));
  });

  test("partial: NEEDS_CSUM, its start behind a tag that is about to be inserted", () => {
    const skb = frame();
    Object.assign(skb, { ipSummed: CHECKSUM_PARTIAL, csum: ((6 << 16) | (skb.data + 34)) >>> 0 });
    expect(virtioNetHdrFromSkb(skb, 0)).toEqual(hdrOf(needs(6)));
    expect(virtioNetHdrFromSkb(skb, 4)).toEqual(hdrOf({ ...needs(6), csumStart: 38 }));
  });

  test("verified: DATA_VALID", () => {
    expect(virtioNetHdrFromSkb(Object.assign(frame(), { ipSummed: CHECKSUM_UNNECESSARY }), 0)).toEqual(
      hdrOf({ flags: 2 }),
    );
  });
});
