import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  GSO_BY_FRAGS,
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_SCTP,
  NETIF_F_HW_CSUM,
  NETIF_F_SCTP_CRC,
  NETIF_F_SG,
  SKB_GSO_SCTP,
  SKB_GSO_TCPV4,
} from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import { putBytes, readU16, readU32 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import { kfreeSkb, kfreeSkbList } from "../../skb/free.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import {
  alive,
  chain,
  failAllocations,
  faultOf,
  flatten,
  makeMemory,
  makeSkb,
  NOTHING_ALIVE,
} from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6, emitEthernet } from "../../wire/ethernet.js";
import { emitIpv4, ipv4NoopOptions } from "../../wire/ipv4.js";
import { emitIpv6 } from "../../wire/ipv6.js";
import { emitSctp, IPPROTO_SCTP, sctpChecksum } from "../../wire/sctp.js";
import { skbGsoSegment } from "../core/gso.js";
import { fixedSeams } from "../fixedSeams.js";
import { offloads } from "../offloads.js";

const k = { ...fixedSeams, offloads };
type Family = "ipv4" | "ipv6";
const headersOf = (family: Family): number => (family === "ipv4" ? 46 : 66);

/** The headers of an association's packets in front of a list of bundles with these lengths, as SCTP queues it. */
function packet(family: Family, bundles: readonly number[], more: { gsoSize?: number; linear?: number } = {}): SkBuff {
  const headers = headersOf(family);
  const skb = makeSkb(makeMemory(), {
    linear: headers + (more.linear ?? 0),
    members: bundles.map((linear) => ({ linear, headroom: 128 })),
    gsoType: SKB_GSO_SCTP,
    gsoSize: more.gsoSize ?? GSO_BY_FRAGS,
  });
  const bytes = new Uint8Array(headers);
  const mac = { dest: new Uint8Array(6), source: new Uint8Array(6) };
  const body = skb.len - headers + 12;
  if (family === "ipv4") {
    emitEthernet(bytes, 0, { ...mac, proto: ETH_P_IP });
    const addresses = { saddr: Uint8Array.of(10, 0, 0, 1), daddr: Uint8Array.of(10, 0, 0, 2) };
    const rest = { tos: 0, totLen: 20 + body, id: 8, fragOff: 0, ttl: 64, protocol: IPPROTO_SCTP };
    emitIpv4(bytes, 14, { ...addresses, ...rest, options: ipv4NoopOptions(0) });
  } else {
    emitEthernet(bytes, 0, { ...mac, proto: ETH_P_IPV6 });
    const addresses = { saddr: new Uint8Array(16).fill(1), daddr: new Uint8Array(16).fill(2) };
    const rest = { trafficClass: 0, flowLabel: 0, payloadLen: body, nexthdr: IPPROTO_SCTP, hopLimit: 64 };
    emitIpv6(bytes, 14, { ...addresses, ...rest });
  }
  emitSctp(bytes, headers - 12, { source: 1000, dest: 2000, vtag: 0x01020304 });
  putBytes(skb, skb.data, bytes);
  skb.protocol = family === "ipv4" ? ETH_P_IP : ETH_P_IPV6;
  skb.networkHeader = skb.data + 14;
  skb.transportHeader = skb.data + headers - 12;
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumNotInet = true;
  skb.csumStart = skb.transportHeader;
  skb.csumOffset = 8;
  return skb;
}

function segmentsOf(skb: SkBuff, features = NETIF_F_SG): SkBuff[] {
  const segs = skbGsoSegment(k, skb, features);
  if (segs === null || typeof segs === "number") throw new Error(`segmentation returned ${segs}`);
  return chain(segs);
}

const crcOf = (seg: SkBuff): number => readU32(seg, seg.transportHeader + 8);

describe.each<Family>(["ipv4", "ipv6"])("%s", (family) => {
  const headers = headersOf(family);

  test("each member is a packet, with headers, lengths and a CRC of its own", () => {
    const skb = packet(family, [100, 37, 200]);
    const data = flatten(skb).slice(headers);
    const segs = segmentsOf(skb);
    expect(segs.map((seg) => seg.len - headers)).toEqual([100, 37, 200]);
    expect(concat(segs.map((seg) => flatten(seg).slice(headers)))).toEqual(data);
    const bodies = segs.map((seg) => readU16(seg, seg.networkHeader + (family === "ipv4" ? 2 : 4)));
    expect(bodies).toEqual([100, 37, 200].map((n) => n + 12 + (family === "ipv4" ? 20 : 0)));
    for (const seg of segs) {
      const frame = flatten(seg);
      expect(crcOf(seg)).toBe(sctpChecksum(frame, headers - 12, frame.length - headers + 12));
      expect([seg.ipSummed, seg.csumNotInet, seg.shinfo.gsoSize]).toEqual([CHECKSUM_NONE, false, 0]);
      expect([seg.cbCsum, seg.cbCsumStart]).toEqual([0xffffffff, seg.headroom + seg.len]);
    }
    kfreeSkbList(segs[0] as SkBuff);
    kfreeSkb(skb);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a device that computes the CRC gets it undone", () => {
    const segs = segmentsOf(packet(family, [100, 37]), NETIF_F_SG | NETIF_F_SCTP_CRC);
    expect(segs.map((seg) => [seg.ipSummed, seg.csumNotInet, crcOf(seg)])).toEqual(
      Array(2).fill([CHECKSUM_PARTIAL, true, 0]),
    );
  });

  test("a checksum that is there already stays", () => {
    const skb = packet(family, [100, 37]);
    skb.ipSummed = CHECKSUM_NONE;
    putBytes(skb, skb.transportHeader + 8, Uint8Array.of(1, 2, 3, 4));
    expect(segmentsOf(skb).map(crcOf)).toEqual([0x01020304, 0x01020304]);
  });
});

describe("sctp_gso_segment", () => {
  const WHOLE = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_SCTP_CRC | NETIF_F_GSO_SCTP | NETIF_F_FRAGLIST;

  test.each([
    ["members only", 0, 3],
    ["chunks in the head too", 50, 4],
  ])("a device that can, %s: NULL, and gso_segs is counted", (_name, linear, expected) => {
    const skb = packet("ipv4", [100, 37, 200], { linear });
    expect(skbGsoSegment(k, skb, WHOLE)).toBeNull();
    expect(skb.shinfo.gsoSegs).toBe(expected);
  });

  test("-EINVAL for another type and for a packet shorter than an SCTP header", () => {
    const other = packet("ipv4", [100]);
    other.shinfo.gsoType = SKB_GSO_TCPV4;
    expect(skbGsoSegment(k, other, 0)).toBe(-EINVAL);
    const short = packet("ipv4", []);
    short.len -= 1;
    short.tail -= 1;
    expect(skbGsoSegment(k, short, 0)).toBe(-EINVAL);
  });

  test("the error of skb_segment is passed on, and nothing is left", () => {
    const skb = packet("ipv4", [100, 37]);
    const before = alive(skb.mem);
    failAllocations(skb.mem, 2);
    expect(skbGsoSegment(k, skb, 0)).toBe(-12);
    expect(alive(skb.mem)).toEqual(before);
  });

  test("no member to cut by: NULLDEREF(by-frags)", () => {
    expect(faultOf(() => skbGsoSegment(k, packet("ipv4", [], { linear: 10 }), 0))).toBe("NULLDEREF(by-frags)");
  });

  test("a gso_size of its own cuts anywhere", () => {
    const segs = segmentsOf(packet("ipv4", [], { linear: 25, gsoSize: 10 }));
    expect(segs.map((seg) => seg.len - 46)).toEqual([10, 10, 5]);
    expect(segs.map((seg) => readU16(seg, seg.networkHeader + 4))).toEqual([8, 9, 10]);
  });
});
