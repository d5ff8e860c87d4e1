import { describe, expect, test } from "vitest";
import {
  SKB_GSO_PARTIAL,
  SKB_GSO_TCP_FIXEDID,
  SKB_GSO_TCPV4,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { concat } from "../../bytes/concat.js";
import { bytesAt, putBytes, readU8, readU16 } from "../../skb/bytes.js";
import { EINVAL, EPROTONOSUPPORT } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { chain, makeMemory, makeSkb } from "../../skb/testing/make.js";
import { emitIpv4, IP_DF, ipv4NoopOptions } from "../../wire/ipv4.js";
import { gsoSeams } from "../core/gso.seams.js";
import type { NetDevice } from "../core/NetDevice.js";
import type { GsoSegment, NetKernel, Segments } from "../NetKernel.js";
import { inetGsoSegment, ipSendCheck } from "./afInet.js";

const UDP = 17;
const MAC = 14;

const kernelWith = (handler: GsoSegment, gso = gsoSeams): NetKernel =>
  ({ gso, offloads: { inet: new Map([[UDP, handler]]) } }) as unknown as NetKernel;

interface Header {
  readonly id?: number;
  readonly fragOff?: number;
  readonly words?: number;
  readonly protocol?: number;
}

/** A frame with this IPv4 header and `payload` bytes behind it; `data` at the MAC header. */
function frame(payload: number, { id = 0x1234, fragOff = IP_DF, words = 0, protocol = UDP }: Header = {}): SkBuff {
  const ihl = 20 + 4 * words;
  const skb = makeSkb(makeMemory(), { linear: MAC + ihl + payload, gsoType: SKB_GSO_UDP_L4 });
  const header = new Uint8Array(ihl);
  emitIpv4(header, 0, {
    tos: 3,
    totLen: 9,
    id,
    fragOff,
    ttl: 64,
    protocol,
    saddr: Uint8Array.of(10, 0, 0, 1),
    daddr: Uint8Array.of(10, 0, 0, 2),
    options: ipv4NoopOptions(words),
  });
  putBytes(skb, skb.data + MAC, header);
  skb.macHeader = skb.data;
  return skb;
}

/** Frames with the given payloads, chained as segments. */
function segments(payloads: readonly number[], header: Header = {}, gso = { size: 0, segs: 0, type: 0 }): SkBuff {
  const all = payloads.map((payload) => frame(payload, header));
  all.forEach((seg, i) => {
    seg.next = all[i + 1] ?? null;
    seg.shinfo.gsoSize = gso.size;
    seg.shinfo.gsoSegs = gso.segs;
    seg.shinfo.gsoType = gso.type;
  });
  return all[0] as SkBuff;
}

/** Runs the handler over a frame whose data is at the IP header. */
function run(skb: SkBuff, k: NetKernel, features = 0): Segments {
  skb.data += MAC;
  skb.len -= MAC;
  return inetGsoSegment(k, skb, features);
}

function segmented(skb: SkBuff, segs: SkBuff): SkBuff[] {
  const result = run(
    skb,
    kernelWith(() => segs),
  );
  expect(result).toBe(segs);
  return chain(segs);
}

const field = (skb: SkBuff, offset: number): number => readU16(skb, skb.networkHeader + offset);
const ids = (segs: readonly SkBuff[]): number[] => segs.map((seg) => field(seg, 4));
const lengths = (segs: readonly SkBuff[]): number[] => segs.map((seg) => field(seg, 2));
const fragOffs = (segs: readonly SkBuff[]): number[] => segs.map((seg) => field(seg, 6));
const isValid = (seg: SkBuff): boolean => {
  const ihl = (readU8(seg, seg.networkHeader) & 0xf) * 4;
  return csumFold(csumPartial(bytesAt(seg, seg.networkHeader, ihl), 0, ihl, 0)) === 0;
};

describe("inet_gso_segment on the way in", () => {
  test("the handler finds data and transport header behind the options, and the features as they were", () => {
    const skb = frame(30, { words: 2 });
    const at = skb.macHeader;
    let seen: unknown;
    run(
      skb,
      kernelWith((_k, one, features) => {
        seen = [one.data - at, one.transportHeader - at, one.networkHeader - at, one.cbEncapLevel, features];
        return null;
      }),
      5,
    );
    expect(seen).toEqual([MAC + 28, MAC + 28, MAC, 28, 5]);
  });

  test("inside a tunnel only the device's inner features count", () => {
    const skb = frame(30);
    skb.cbEncapLevel = 20;
    skb.dev = { hwEncFeatures: 6 } as unknown as NetDevice;
    let given = 0;
    run(
      skb,
      kernelWith((_k, _skb, features) => {
        given = features;
        return null;
      }),
      5,
    );
    expect(given).toBe(4);
  });

  const whole = kernelWith(() => null);
  test.each<[string, () => SkBuff, NetKernel, number]>([
    ["more than five IP headers", () => Object.assign(frame(30), { cbRecursion: 5 }), whole, -EINVAL],
    ["fewer than 20 bytes", () => cut(frame(0), 1), whole, -EINVAL],
    ["ihl below 20", () => corrupted(frame(30), 0x44), whole, -EINVAL],
    ["options that are not there", () => corrupted(frame(0), 0x4f), whole, -EINVAL],
    ["a protocol without a handler", () => frame(30, { protocol: 6 }), whole, -EPROTONOSUPPORT],
    ["the handler's error", () => frame(30), kernelWith(() => -7), -7],
  ])("%s: the error", (_name, make, k, expected) => {
    expect(run(make(), k)).toBe(expected);
  });

  function cut(skb: SkBuff, bytes: number): SkBuff {
    skb.tail -= bytes;
    skb.len -= bytes;
    return skb;
  }

  function corrupted(skb: SkBuff, versionIhl: number): SkBuff {
    putBytes(skb, skb.data + MAC, Uint8Array.of(versionIhl));
    return skb;
  }

  test("any number of IP headers where a release has no limit", () => {
    const skb = Object.assign(frame(30), { cbRecursion: 100 });
    const unlimited = kernelWith(() => null, { ...gsoSeams, ipRecursionLimit: () => Number.POSITIVE_INFINITY });
    expect(run(skb, unlimited)).toBeNull();
  });

  test("NULL: the network header is where it was", () => {
    const skb = frame(30);
    const disturbs = kernelWith((_k, one) => {
      one.networkHeader = 0;
      return null;
    });
    expect(run(skb, disturbs)).toBeNull();
    expect(skb.networkHeader).toBe(skb.macHeader + MAC);
  });

  test("fixedid without DF: -EPROTONOSUPPORT where the release wants DF", () => {
    const strict = kernelWith(() => null, { ...gsoSeams, fixedIdNeedsDf: () => true });
    for (const [fragOff, k, expected] of [
      [0, strict, -EPROTONOSUPPORT],
      [IP_DF, strict, null],
      [0, whole, null],
    ] as const) {
      const skb = frame(30, { fragOff });
      skb.shinfo.gsoType = SKB_GSO_TCPV4 | SKB_GSO_TCP_FIXEDID;
      expect(run(skb, k)).toBe(expected);
    }
  });

  test("an outer header does not look at fixedid", () => {
    const skb = Object.assign(frame(30, { fragOff: 0 }), { encapsulation: true });
    skb.shinfo.gsoType = SKB_GSO_TCPV4 | SKB_GSO_TCP_FIXEDID;
    expect(run(skb, whole)).toBeNull();
  });
});

describe("inet_gso_segment, each segment's header", () => {
  test("ordinary: ids count up modulo 65536, total lengths, valid checksums, DF and options as they were", () => {
    const header = { id: 0xfffe, words: 1 };
    const segs = segmented(frame(70, header), segments([30, 30, 10], header));
    expect(ids(segs)).toEqual([0xfffe, 0xffff, 0]);
    expect(lengths(segs)).toEqual([54, 54, 34]);
    expect(fragOffs(segs)).toEqual([IP_DF, IP_DF, IP_DF]);
    expect(segs.map(isValid)).toEqual([true, true, true]);
    expect(segs.map(({ macLen }) => macLen)).toEqual([MAC, MAC, MAC]);
  });

  test("the list path: members arrive with their own ids, which are overwritten", () => {
    const segs = segmented(frame(60, { id: 9 }), segments([30, 30], { id: 0x7777 }));
    expect(ids(segs)).toEqual([9, 10]);
  });

  test("fixedid: the id stays", () => {
    const skb = frame(60, { id: 9 });
    skb.shinfo.gsoType = SKB_GSO_TCPV4 | SKB_GSO_TCP_FIXEDID;
    expect(ids(segmented(skb, segments([30, 30], { id: 9 })))).toEqual([9, 9]);
  });

  test("udpfrag: offsets in eights, MF on all but the last, DF lost, id unchanged", () => {
    const skb = frame(64);
    skb.shinfo.gsoType = SKB_GSO_UDP;
    const segs = segmented(skb, segments([24, 24, 16]));
    expect(fragOffs(segs)).toEqual([0x2000, 0x2003, 0x0006]);
    expect(ids(segs)).toEqual([0x1234, 0x1234, 0x1234]);
    expect(lengths(segs)).toEqual([44, 44, 36]);
    expect(segs.map(isValid)).toEqual([true, true, true]);
  });

  test("segments that are still GSO: ids advance by gso_segs", () => {
    const gso = { size: 10, segs: 3, type: SKB_GSO_UDP_L4 };
    const segs = segmented(frame(60), segments([30, 30], {}, gso));
    expect(ids(segs)).toEqual([0x1234, 0x1237]);
    expect(lengths(segs)).toEqual([50, 50]);
  });

  test("partial: the total length is that of one segment", () => {
    const gso = { size: 10, segs: 3, type: SKB_GSO_UDP_L4 | SKB_GSO_PARTIAL };
    const first = segments([38, 38], {}, gso);
    for (const seg of chain(first)) seg.cbMacOffset = seg.data + MAC + 28;
    expect(lengths(segmented(frame(76), first))).toEqual([38, 38]);
  });

  test("partial with a fixed id", () => {
    const skb = frame(60);
    skb.shinfo.gsoType = SKB_GSO_TCPV4 | SKB_GSO_TCP_FIXEDID;
    const segs = segmented(skb, segments([30, 30], {}, { size: 10, segs: 3, type: SKB_GSO_TCPV4 }));
    expect(ids(segs)).toEqual([0x1234, 0x1234]);
  });

  test("a total length beyond 16 bits keeps its low half", () => {
    const segs = segmented(frame(60), segments([65_530]));
    expect(lengths(segs)).toEqual([(65_530 + 20) & 0xffff]);
  });

  test("inside a tunnel the inner headers are remembered before the outer ones are set", () => {
    const skb = frame(60);
    skb.cbEncapLevel = 20;
    skb.dev = { hwEncFeatures: 0 } as unknown as NetDevice;
    const first = segments([30]);
    first.networkHeader = 77;
    const [seg] = segmented(skb, first);
    expect([seg?.innerMacHeader, seg?.innerNetworkHeader]).toEqual([seg?.macHeader, 77]);
    expect(seg?.networkHeader).toBe((seg?.macHeader ?? 0) + MAC);
  });
});

describe("ip_send_check", () => {
  test("sums the header without the field, options included", () => {
    for (const words of [0, 10]) {
      const skb = frame(0, { words });
      putBytes(skb, skb.data + MAC + 10, Uint8Array.of(0xab, 0xcd));
      skb.networkHeader = skb.data + MAC;
      ipSendCheck(skb, skb.networkHeader);
      expect(isValid(skb)).toBe(true);
      const header = bytesAt(skb, skb.networkHeader, 20 + 4 * words);
      const zeroed = concat([header.slice(0, 10), new Uint8Array(2), header.slice(12)]);
      expect(field(skb, 10)).toBe(csumFold(csumPartial(zeroed, 0, zeroed.length, 0)));
    }
  });
});
