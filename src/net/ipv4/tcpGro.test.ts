import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  SKB_GSO_DODGY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_TCP_ECN,
  SKB_GSO_TCP_FIXEDID,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
} from "../../abi/features.js";
import { readU8, readU16, readU32 } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { flatten, membersOf, payload } from "../../skb/testing/make.js";
import {
  IPPROTO_TCP,
  TCPHDR_ACK,
  TCPHDR_CWR,
  TCPHDR_ECE,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_RST,
  TCPHDR_SYN,
  TCPHDR_URG,
  tcpNoopOptions,
} from "../../wire/tcp.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import { GroBench, groKernelWith, piece, pseudoOf, type TcpFrame, tcpFrame } from "./testing/groFlows.js";

const families = [
  ["IPv4", false],
  ["IPv6", true],
] as const;
const LIST = { groFraglist: true };
const MSS = 40;

/** The `i`-th segment of a stream that is cut every 40 bytes. */
const segment = (i: number, of: TcpFrame = {}): Uint8Array =>
  tcpFrame({ data: piece(MSS, i), seq: (0xffff_ffe0 + i * MSS) >>> 0, ...of, ip: { id: i, ...of.ip } });

/** Its payload can be cut, whatever it is merged with. */
const IN_PAGE = { headFrag: true };

const at = (ipv6: boolean): number => (ipv6 ? 40 : 20);
const countsOf = (skbs: readonly SkBuff[]): number[] => skbs.map((skb) => napiGroCb(skb).count);

/** Makes it an aggregate that a device merged, of segments of `size` bytes. */
const aggregated =
  (size: number, segs: number, type: number) =>
  (skb: SkBuff): void => {
    const shinfo = skb.shinfo;
    shinfo.gsoSize = size;
    shinfo.gsoSegs = segs;
    shinfo.gsoType = type;
    skb.ipSummed = CHECKSUM_UNNECESSARY;
  };

describe.each(families)("tcp_gro_receive over %s: the header", (_name, ipv6) => {
  test.each<[string, TcpFrame]>([
    ["a wrong checksum", { check: 0x1234 }],
    ["no checksum, which is a wrong one", { check: 0 }],
    ["a header shorter than it can be", { doff: 4 }],
    ["options that are not there", { doff: 15, data: new Uint8Array() }],
  ])("%s: passed up", (_case, of) => {
    const bench = new GroBench();
    expect(bench.take(segment(0, { ipv6, ...of }))).toBe("NORMAL");
    expect(bench.take(segment(1, { ipv6 }))).toBe("HELD");
  });

  test("fewer than 20 bytes: passed up", () => {
    const frame = segment(0, { ipv6, ip: { totLen: 0 } as object, data: new Uint8Array() });
    const short = frame.slice(0, frame.length - 4);
    const bench = new GroBench();
    const prepare = (skb: SkBuff): void => {
      skb.ipSummed = CHECKSUM_UNNECESSARY;
    };
    expect(bench.take(short, {}, prepare)).toBe("NORMAL");
  });

  test("a packet that is flushed anyway is not verified", () => {
    const bench = new GroBench();
    expect(bench.take(segment(0, { ipv6, ip: { padding: 2 } }))).toBe("NORMAL");
    expect(bench.delivered[0]?.ipSummed).toBe(CHECKSUM_NONE);
  });
});

describe.each(families)("tcp_gro_receive over %s: what may join", (_name, ipv6) => {
  const flow = { ipv6, options: tcpNoopOptions(3) };
  const next = (of: TcpFrame = {}): Uint8Array => segment(1, { ...flow, ...of });
  const bench = (features: object = {}): GroBench => {
    const one = new GroBench(features);
    one.take(segment(0, flow));
    return one;
  };

  test.each([{}, LIST])("the next segment is merged, across the end of the sequence space: %o", (features) => {
    const one = bench(features);
    expect(one.take(next())).toMatch(/MERGED/);
    expect(countsOf(one.held)).toEqual([2]);
  });

  test.each<[string, TcpFrame]>([
    ["another window", { window: 513 }],
    ["ECE", { flags: TCPHDR_ACK | TCPHDR_ECE }],
    ["CWR", { flags: TCPHDR_ACK | TCPHDR_CWR }],
    ["no ACK", { flags: 0 }],
    ["another acknowledgement", { ackSeq: 8 }],
    ["another option", { options: tcpNoopOptions(3).fill(0, 11) }],
    ["longer options", { options: tcpNoopOptions(4) }],
    ["another time to live", { ip: { ttl: 63, hopLimit: 63 } }],
    ["a gap", { seq: 5 }],
    ["a sequence number that was there", { seq: 0xffff_ffe0 }],
    ["a longer segment", { data: payload(MSS + 1, MSS) }],
  ])("%s: what is held is completed, and the packet is held", (_case, of) => {
    const one = bench();
    expect(one.take(next(of))).toBe("HELD");
    expect([countsOf(one.delivered), countsOf(one.held)]).toEqual([[1], [1]]);
  });

  test("an empty segment pushes out what is held and is never held itself", () => {
    const one = bench();
    expect(one.take(next({ data: new Uint8Array() }))).toBe("NORMAL");
    expect(one.delivered).toHaveLength(2);
    expect(new GroBench().take(segment(0, { ...flow, data: new Uint8Array() }))).toBe("NORMAL");
  });

  test("a shorter segment is the last", () => {
    const one = bench();
    expect(one.take(next({ data: payload(MSS - 1, MSS) }))).toMatch(/MERGED/);
    expect(one.delivered.map((skb) => skb.shinfo.gsoSegs)).toEqual([2]);
    expect(one.held).toEqual([]);
  });

  test("PSH and FIN are the last, and show in the aggregate", () => {
    for (const flag of [TCPHDR_PSH, TCPHDR_FIN]) {
      const one = bench();
      expect(one.take(next({ flags: TCPHDR_ACK | flag }))).toMatch(/MERGED/);
      const [skb] = one.delivered as [SkBuff];
      expect(readU8(skb, skb.transportHeader + 13)).toBe(TCPHDR_ACK | flag);
    }
  });

  test.each([TCPHDR_URG, TCPHDR_PSH, TCPHDR_RST, TCPHDR_SYN, TCPHDR_FIN])(
    "flag %i opens no aggregate, and goes up behind what is held",
    (flag) => {
      const flags = TCPHDR_ACK | flag;
      expect(new GroBench().take(segment(0, { ...flow, flags }))).toBe("NORMAL");
      const one = bench();
      expect(one.take(next({ flags, seq: 5 }))).toBe("NORMAL");
      expect(one.delivered).toHaveLength(2);
      expect(one.held).toEqual([]);
    },
  );

  test("other ports are another flow", () => {
    const one = bench();
    expect(one.take(next({ source: 1001 }))).toBe("HELD");
    expect(one.take(next({ dest: 2001 }))).toBe("HELD");
    expect(countsOf(one.held)).toEqual([1, 1, 1]);
  });

  test("a padded packet pushes out what is held", () => {
    const one = bench();
    expect(one.take(next({ ip: { padding: 3 } }))).toBe("NORMAL");
    expect(one.delivered).toHaveLength(2);
  });

  test("CWR is merged with nothing here, and before 6.18 kept only the one who has it out", () => {
    const flags = TCPHDR_ACK | TCPHDR_CWR;
    const first = (k = groKernelWith("tcpGro", {})): GroBench => {
      const one = new GroBench({ k });
      one.take(segment(0, { ...flow, flags }));
      return one;
    };
    expect(first().take(next())).toBe("HELD");
    expect(first().take(next({ flags }))).toBe("HELD");
    const old = first(groKernelWith("tcpGro", { refusesCwr: (mine) => (mine & TCPHDR_CWR) !== 0 }));
    expect(old.take(next())).toMatch(/MERGED/);
    expect((old.flush()[0] as SkBuff).shinfo.gsoType & SKB_GSO_TCP_ECN).not.toBe(0);
  });

  const type = ipv6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
  test.each<[string, number, number, boolean]>([
    ["of the same size", 2 * MSS, MSS, true],
    ["of another size", 2 * MSS, 20, false],
  ])("an aggregate %s", (_case, len, size, joins) => {
    const one = bench();
    const prepare = aggregated(size, len / size, type);
    expect(one.take(next({ data: payload(len, MSS) }), IN_PAGE, prepare)).toBe(joins ? "MERGED_FREE" : "HELD");
  });

  test("an aggregate whose last segment is short is the last itself", () => {
    const one = bench();
    one.take(next({ data: payload(2 * MSS - 5, MSS) }), IN_PAGE, aggregated(MSS, 2, type));
    expect(one.delivered.map((skb) => [skb.shinfo.gsoSegs, skb.len])).toEqual([[3, at(ipv6) + 32 + 3 * MSS - 5]]);
    expect(new GroBench().take(segment(0, { ...flow, data: payload(75) }), {}, aggregated(MSS, 2, type))).toBe(
      "NORMAL",
    );
  });

  test("an aggregate of unknown origin is not merged", () => {
    const one = bench();
    const prepare = aggregated(MSS, 2, type | SKB_GSO_DODGY);
    expect(one.take(next({ data: payload(2 * MSS, MSS) }), {}, prepare)).toBe("NORMAL");
    expect(one.delivered).toHaveLength(2);
  });
});

describe.each(families)("tcp_gro_complete over %s", (_name, ipv6) => {
  const th = at(ipv6);
  const type = ipv6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
  function merged(features: object, of: TcpFrame = {}): SkBuff {
    const one = new GroBench(features);
    for (let i = 0; i < 3; i++) one.take(segment(i, { ipv6, ...of }));
    return one.flush()[0] as SkBuff;
  }

  test("a payload: a partial checksum over all of it", () => {
    const skb = merged({});
    expect([skb.shinfo.gsoType, skb.shinfo.gsoSegs, skb.shinfo.gsoSize]).toEqual([type, 3, MSS]);
    expect([skb.ipSummed, skb.csumStart, skb.csumOffset]).toEqual([CHECKSUM_PARTIAL, skb.data + th, 16]);
    expect(readU16(skb, skb.data + th + 16)).toBe(pseudoOf(ipv6, IPPROTO_TCP, 20 + 3 * MSS));
    expect(flatten(skb).slice(th + 20)).toEqual(payload(3 * MSS));
    expect(readU32(skb, skb.data + th + 4)).toBe(0xffff_ffe0);
    expect(skb.innerTransportHeader).toBe(0);
  });

  test("a list: the first header as it came", () => {
    const skb = merged(LIST);
    expect([skb.shinfo.gsoType, skb.shinfo.gsoSegs, skb.shinfo.gsoSize]).toEqual([type | SKB_GSO_FRAGLIST, 3, MSS]);
    expect([skb.ipSummed, skb.csumLevel]).toEqual([CHECKSUM_UNNECESSARY, 1]);
    const bytes = flatten(skb);
    expect(bytes.slice(th, th + 20)).toEqual(segment(0, { ipv6 }).slice(14 + th, 14 + th + 20));
    expect(membersOf(skb).map(({ data, networkHeader }) => data - networkHeader)).toEqual([th + 20, th + 20]);
  });

  test("releases once left a member's network header where it was", () => {
    const places: number[] = [];
    const k = groKernelWith("tcpGro", { rememberNetworkHeader: (skb, nhoff) => void places.push(skb.data + nhoff) });
    merged({ ...LIST, k });
    expect(places).toHaveLength(2);
  });

  test("a sum that the device made counts as verified", () => {
    const one = new GroBench();
    const frame = segment(0, { ipv6 });
    const prepare = (skb: SkBuff): void => {
      skb.ipSummed = CHECKSUM_COMPLETE;
      skb.csum = 0x1234;
    };
    expect(one.take(frame, {}, prepare)).toBe("HELD");
  });
});

test("a flow with one identification leaves as such, with DF or without", () => {
  for (const fragOff of [0x4000, 0]) {
    const bench = new GroBench();
    for (let i = 0; i < 3; i++) bench.take(segment(i, { ip: { id: 9, fragOff } }));
    expect(bench.flush().map((skb) => skb.shinfo.gsoType)).toEqual([SKB_GSO_TCPV4 | SKB_GSO_TCP_FIXEDID]);
  }
});
