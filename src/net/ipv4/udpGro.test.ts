import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { csumPartial } from "../../bytes/checksum.js";
import { readU16 } from "../../skb/bytes.js";
import { skbClone } from "../../skb/clone.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { failAllocations, flatten, membersOf, must, payload } from "../../skb/testing/make.js";
import { IPPROTO_UDP } from "../../wire/udp.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import type { GroSocket, NetNamespace } from "../core/NetDevice.js";
import type { GroCallbacks } from "../NetKernel.js";
import {
  FakeNamespace,
  GroBench,
  groKernelWith,
  piece,
  pseudoOf,
  type UdpFrame,
  udpFrame,
} from "./testing/groFlows.js";
import { UDP_GRO_CNT_MAX } from "./udpGro.js";

const families = [
  ["IPv4", false],
  ["IPv6", true],
] as const;
const LIST = { groFraglist: true };
const FORWARDING = { groUdpFwd: true };

/** The `i`-th datagram of a flow whose identifications count up. */
const datagram = (i: number, of: UdpFrame = {}): Uint8Array =>
  udpFrame({ data: piece(40, i), ...of, ip: { id: i, ...of.ip } });

const l4Offset = (ipv6: boolean): number => (ipv6 ? 40 : 20);
const isUnreachable: GroCallbacks = {
  receive() {
    throw new Error("a tunnel that nobody should ask");
  },
  complete: () => 0,
};
const sockets = {
  plain: { groEnabled: false },
  gro: { groEnabled: true },
} satisfies Record<string, GroSocket>;
const namespaceOf = (socket: GroSocket | null): NetNamespace =>
  new FakeNamespace(socket === null ? new Map() : new Map([[2000, socket]]));

describe.each(families)("udp_gro_receive over %s: who may be merged", (_name, ipv6) => {
  const frame = udpFrame({ ipv6 });

  test("a header that is not all there: passed up", () => {
    const bench = new GroBench(LIST);
    expect(bench.take(udpFrame({ ipv6, cutTo: 7 }))).toBe("NORMAL");
  });

  test("a wrong checksum: passed up, and the checksum stays unverified", () => {
    const bench = new GroBench(LIST);
    expect(bench.take(udpFrame({ ipv6, check: 0x1234 }))).toBe("NORMAL");
    expect(bench.delivered[0]?.ipSummed).toBe(CHECKSUM_NONE);
  });

  test("a right checksum is recorded as verified", () => {
    const bench = new GroBench(LIST);
    expect(bench.take(frame)).toBe("HELD");
    expect(bench.flush().map((skb) => [skb.ipSummed, skb.csumLevel])).toEqual([[CHECKSUM_UNNECESSARY, 0]]);
    expect(napiGroCb(bench.delivered[0] as SkBuff).isIpv6).toBe(ipv6);
  });

  test("a checksum that the device verified is not looked at", () => {
    const bench = new GroBench(LIST);
    const verified = (skb: SkBuff): void => {
      skb.ipSummed = CHECKSUM_UNNECESSARY;
    };
    expect(bench.take(udpFrame({ ipv6, check: 0x1234 }), {}, verified)).toBe("HELD");
  });

  test("a complete sum of the device's is believed where it says that all is well", () => {
    const bench = new GroBench(LIST);
    const summed =
      (sum: number) =>
      (skb: SkBuff): void => {
        skb.ipSummed = CHECKSUM_COMPLETE;
        skb.csum = sum;
      };
    const right = csumPartial(frame, 14, frame.length - 14, 0);
    expect(bench.take(frame, {}, summed(right))).toBe("HELD");
    expect(bench.take(udpFrame({ ipv6, source: 7, check: 0x1234 }), {}, summed(right))).toBe("HELD");
    expect(bench.take(udpFrame({ ipv6, source: 8 }), {}, summed(right + 1))).toBe("HELD");
    expect(bench.take(udpFrame({ ipv6, source: 9, check: 0x1234 }), {}, summed(right + 1))).toBe("NORMAL");
  });

  test("a checksum that is partial from there on is not looked at, one that starts before is", () => {
    for (const [start, verdict] of [
      [l4Offset(ipv6), "HELD"],
      [l4Offset(ipv6) - 1, "NORMAL"],
    ] as const) {
      const partial = (skb: SkBuff): void => {
        skb.ipSummed = CHECKSUM_PARTIAL;
        skb.csumStart = skb.data + start;
      };
      expect(new GroBench(LIST).take(udpFrame({ ipv6, check: 0x1234 }), {}, partial)).toBe(verdict);
    }
  });

  test("a packet that is flushed anyway is not verified", () => {
    const bench = new GroBench(LIST);
    expect(bench.take(udpFrame({ ipv6, ip: { padding: 4 } }))).toBe("NORMAL");
    expect(bench.delivered[0]?.ipSummed).toBe(CHECKSUM_NONE);
  });

  test("the lookup reads addresses and ports, and does not happen before anybody asked for it", () => {
    const net = new FakeNamespace();
    new GroBench({ ...LIST, net }).take(frame);
    const end = ipv6 ? 16 : 4;
    expect(net.lookups).toEqual([
      {
        saddr: frame.slice(14 + (ipv6 ? 8 : 12)).slice(0, end),
        daddr: frame.slice(14 + (ipv6 ? 24 : 16)).slice(0, end),
        source: 1000,
        dest: 2000,
      },
    ]);
    const asleep = new FakeNamespace(new Map([[2000, sockets.plain]]), false);
    expect(new GroBench({ ...FORWARDING, net: asleep }).take(frame)).toBe("HELD");
    expect(asleep.lookups).toEqual([]);
  });

  type Outcome = "list" | "payload" | "nothing";
  test.each<[string, GroSocket | null, boolean, boolean, boolean, Outcome]>([
    ["none, lists", null, false, true, false, "list"],
    ["none, lists and forwarding", null, false, true, true, "list"],
    ["none, forwarding", null, false, false, true, "payload"],
    ["none, neither", null, false, false, false, "nothing"],
    ["none, encapsulated here", null, true, true, true, "nothing"],
    ["plain, lists", sockets.plain, false, true, true, "list"],
    ["plain, forwarding", sockets.plain, false, false, true, "nothing"],
    ["plain, neither", sockets.plain, false, false, false, "nothing"],
    ["plain, encapsulated here", sockets.plain, true, true, true, "nothing"],
    ["UDP_GRO, lists and forwarding", sockets.gro, false, true, true, "payload"],
    ["UDP_GRO, neither", sockets.gro, false, false, false, "payload"],
    ["UDP_GRO, encapsulated here", sockets.gro, true, true, true, "nothing"],
  ])("socket %s", (_case, socket, encapsulated, groFraglist, groUdpFwd, outcome) => {
    const bench = new GroBench({ groFraglist, groUdpFwd, net: namespaceOf(socket) });
    const verdict = bench.take(frame, {}, (skb) => {
      skb.encapsulation = encapsulated;
    });
    expect(verdict).toBe(outcome === "nothing" ? "NORMAL" : "HELD");
    if (outcome !== "nothing") expect(napiGroCb(bench.held[0] as SkBuff).isFlist).toBe(outcome === "list");
  });
});

describe.each(families)("udp_gro_receive_segment over %s", (_name, ipv6) => {
  const take = (bench: GroBench, ...frames: readonly UdpFrame[]): string[] =>
    frames.map((of, i) => bench.take(datagram(i, { ipv6, ...of })));
  const counts = (bench: GroBench): number[] => bench.held.map((skb) => napiGroCb(skb).count);

  test.each<[string, UdpFrame]>([
    ["without a checksum", { check: 0 }],
    ["without payload", { data: new Uint8Array() }],
    ["with a length that is shorter than the packet", { ulen: 47 }],
    ["with a length that is longer than the packet", { ulen: 49 }],
  ])("a datagram %s is passed up", (_case, of) => {
    // The right checksum of a wrong length is one that the device verified.
    const bench = new GroBench(FORWARDING);
    const verdict = bench.take(udpFrame({ ipv6, ...of }), {}, (skb) => {
      skb.ipSummed = CHECKSUM_UNNECESSARY;
    });
    expect(verdict).toBe("NORMAL");
  });

  test.each([LIST, FORWARDING])("equal ones are merged, a shorter one ends it: %o", (features) => {
    const bench = new GroBench(features);
    expect(take(bench, {}, {}, { data: payload(10, 80) }).slice(0, 2)).toEqual([
      "HELD",
      expect.stringMatching(/MERGED/),
    ]);
    expect(bench.held).toEqual([]);
    expect(bench.delivered.map((skb) => [skb.len, skb.shinfo.gsoSegs, skb.shinfo.gsoSize])).toEqual([
      [l4Offset(ipv6) + 8 + 90, 3, 40],
    ]);
  });

  test.each([LIST, FORWARDING])("a longer one ends it without joining: %o", (features) => {
    const bench = new GroBench(features);
    expect(take(bench, {}, {}, { data: payload(41, 80) })[2]).toBe("HELD");
    expect(counts(bench)).toEqual([1]);
    expect(bench.delivered.map((skb) => skb.shinfo.gsoSegs)).toEqual([2]);
  });

  test.each([LIST, FORWARDING])("the 64th ends it: %o", (features) => {
    const bench = new GroBench(features);
    for (let i = 0; i < UDP_GRO_CNT_MAX + 1; i++) bench.take(datagram(i, { ipv6 }));
    expect(bench.delivered.map((skb) => skb.shinfo.gsoSegs)).toEqual([64]);
    expect(counts(bench)).toEqual([1]);
  });

  test("other ports are another flow, whose packets are held beside it", () => {
    const bench = new GroBench(FORWARDING);
    expect(take(bench, {}, { source: 1001 }, { dest: 2001 })).toEqual(["HELD", "HELD", "HELD"]);
    expect(counts(bench)).toEqual([1, 1, 1]);
  });

  test("a difference in the IP header ends it", () => {
    const bench = new GroBench(FORWARDING);
    expect(take(bench, {}, { ip: { ttl: 63, hopLimit: 63 } })).toEqual(["HELD", "HELD"]);
    expect(bench.delivered).toHaveLength(1);
  });

  test("a list does not become a payload: the packet goes up behind what is held", () => {
    const changing: Record<number, GroSocket> = {};
    const net: NetNamespace = {
      udpEncapNeeded: true,
      udpLookup: ({ dest }) => changing[dest] ?? null,
      tcpEstablished: () => false,
    };
    const bench = new GroBench({ ...LIST, net });
    bench.take(datagram(0, { ipv6 }));
    changing[2000] = sockets.gro;
    expect(bench.take(datagram(1, { ipv6 }))).toBe("NORMAL");
    expect(bench.delivered.map((skb) => readU16(skb, skb.transportHeader + 4))).toEqual([48, 48]);
    expect(bench.held).toEqual([]);
  });

  test.each<[string, (skb: SkBuff) => void]>([
    [
      "checksum state",
      (skb) => {
        skb.ipSummed = CHECKSUM_PARTIAL;
        skb.csumStart = skb.data + l4Offset(ipv6);
      },
    ],
    [
      "checksum level",
      (skb) => {
        skb.ipSummed = CHECKSUM_UNNECESSARY;
        skb.csumLevel = 1;
      },
    ],
  ])("another %s keeps it out of a list, so that it overtakes what is held", (_case, prepare) => {
    const bench = new GroBench(LIST);
    bench.take(datagram(0, { ipv6 }));
    expect(bench.take(datagram(1, { ipv6 }), {}, prepare)).toBe("NORMAL");
    expect(counts(bench)).toEqual([1]);
    expect(bench.delivered).toHaveLength(1);
  });

  test("headers that cannot be made linear keep it out of a list", () => {
    const bench = new GroBench(LIST);
    bench.take(datagram(0, { ipv6 }));
    // They can be looked at where they lie, but pulling them would take a head of its own.
    const prepare = (skb: SkBuff): void => {
      must(skbClone(skb));
      failAllocations(skb.mem, 1);
    };
    expect(bench.take(datagram(1, { ipv6 }), { linear: 14 }, prepare)).toBe("NORMAL");
    expect(bench.delivered).toHaveLength(1);
  });

  test("what would be too long for a list ends it and is held itself", () => {
    const bench = new GroBench(LIST);
    const data = payload(32_740);
    expect(take(bench, { data }, { data })).toEqual(["HELD", "HELD"]);
    expect(bench.delivered.map((skb) => skb.shinfo.gsoSize)).toEqual([0]);
  });

  test("a padded packet overtakes what it would have joined", () => {
    const bench = new GroBench(FORWARDING);
    bench.take(datagram(0, { ipv6 }));
    expect(bench.take(datagram(1, { ipv6, ip: { padding: 1 } }))).toBe("NORMAL");
    // Its length is not that of what came in, so it does not look for a partner at all.
    expect(bench.delivered).toHaveLength(1);
    expect(bench.held).toHaveLength(1);
  });

  test("an aggregate that came in as one completes what is held, and goes up behind it", () => {
    const bench = new GroBench(FORWARDING);
    bench.take(datagram(0, { ipv6 }));
    const aggregate = (skb: SkBuff): void => {
      skb.shinfo.gsoSize = 20;
      skb.shinfo.gsoSegs = 2;
      skb.shinfo.gsoType = SKB_GSO_UDP_L4;
    };
    expect(bench.take(datagram(1, { ipv6 }), {}, aggregate)).toBe("NORMAL");
    expect(bench.delivered.map((skb) => skb.shinfo.gsoSize)).toEqual([0, 20]);
  });
});

describe.each(families)("udp_gro_complete over %s", (_name, ipv6) => {
  const at = l4Offset(ipv6);
  function merged(features: object, net: NetNamespace | null = null): SkBuff {
    const bench = new GroBench({ ...features, net });
    for (let i = 0; i < 3; i++) bench.take(datagram(i, { ipv6 }));
    return bench.flush()[0] as SkBuff;
  }

  test("a list: the first checksum under the length of all", () => {
    const skb = merged(LIST);
    const first = udpFrame({ ipv6, data: piece(40, 0) });
    expect([skb.shinfo.gsoType, skb.shinfo.gsoSegs, skb.shinfo.gsoSize]).toEqual([
      SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4,
      3,
      40,
    ]);
    expect(readU16(skb, skb.data + at + 4)).toBe(8 + 120);
    expect(readU16(skb, skb.data + at + 6)).toBe(
      ((first[14 + at + 6] as number) << 8) | (first[14 + at + 7] as number),
    );
    expect([skb.ipSummed, skb.csumLevel]).toEqual([CHECKSUM_UNNECESSARY, 1]);
    expect(membersOf(skb).map(({ networkHeader, data }) => data - networkHeader)).toEqual([at + 8, at + 8]);
  });

  test("a payload: a partial checksum over all of it", () => {
    const skb = merged(FORWARDING);
    expect([skb.shinfo.gsoType, skb.shinfo.gsoSegs, skb.shinfo.gsoSize]).toEqual([SKB_GSO_UDP_L4, 3, 40]);
    expect(readU16(skb, skb.data + at + 4)).toBe(128);
    expect(readU16(skb, skb.data + at + 6)).toBe(pseudoOf(ipv6, IPPROTO_UDP, 128));
    expect([skb.ipSummed, skb.csumStart, skb.csumOffset]).toEqual([CHECKSUM_PARTIAL, skb.data + at, 6]);
    expect(flatten(skb).slice(at + 8)).toEqual(payload(120));
    expect(skb.innerTransportHeader).toBe(0);
  });

  test("a socket without a tunnel changes nothing, a lone packet is left as it came", () => {
    expect(merged(FORWARDING, new FakeNamespace(new Map([[2000, sockets.gro]]))).shinfo.gsoType).toBe(SKB_GSO_UDP_L4);
    const bench = new GroBench(FORWARDING);
    const frame = datagram(0, { ipv6 });
    bench.take(frame);
    const [alone] = bench.flush() as [SkBuff];
    expect(flatten(alone)).toEqual(frame.slice(14));
    expect(alone.shinfo.gsoSize).toBe(0);
  });
});

describe("the decisions that releases once took differently", () => {
  const received = (k = groKernelWith("udpGro", {}), socket: GroSocket | null = null, features: object = LIST) => {
    const bench = new GroBench({ ...features, k, net: namespaceOf(socket) });
    return { bench, verdict: bench.take(udpFrame()) };
  };

  test("a packet that nobody merges was held", () => {
    const k = groKernelWith("udpGro", { passOn: () => {} });
    expect(received(k, sockets.plain, {}).verdict).toBe("HELD");
  });

  test("datagrams for a tunnel's socket were merged as such", () => {
    const tunnel = { groEnabled: false, tunnelGro: isUnreachable };
    const k = groKernelWith("udpGro", { mayMergeDatagrams: () => true });
    expect(napiGroCb(received(k, tunnel).bench.held[0] as SkBuff).isFlist).toBe(true);
    // Where nobody wanted that, the tunnel was asked all the same.
    expect(() => received(k, tunnel, {})).toThrow("a tunnel that nobody should ask");
  });

  test("an empty datagram gave a gso_size of 0", () => {
    const k = groKernelWith("udpGro", { fillsItsPacket: () => true });
    const bench = new GroBench({ ...FORWARDING, k });
    bench.take(udpFrame({ data: new Uint8Array() }));
    expect(bench.held.map((skb) => skb.shinfo.gsoSize)).toEqual([0]);
  });

  test("lengths were compared as they lie in memory", () => {
    const swapped = (n: number): number => ((n & 0xff) << 8) | (n >>> 8);
    const k = groKernelWith("udpGro", { isLonger: (a, b) => swapped(a) > swapped(b) });
    const bench = new GroBench({ ...FORWARDING, k });
    bench.take(datagram(0, { data: payload(40) }));
    // 0x0130 is more than 0x0030, but 0x3001 is not less than 0x3000.
    expect(bench.take(datagram(1, { data: payload(296) }))).toBe("HELD");
  });

  test("a member did not know where its IP header is", () => {
    const k = groKernelWith("udpGro", { rememberNetworkHeader: () => {} });
    const bench = new GroBench({ ...LIST, k });
    const misplaced = (skb: SkBuff): void => {
      skb.networkHeader = 0;
    };
    bench.take(datagram(0));
    bench.take(datagram(1), {}, misplaced);
    const [skb] = bench.flush() as [SkBuff];
    // The engine sets it for the outermost header, so that it is wrong for what has something in front of it.
    expect(membersOf(skb).map(({ data, networkHeader }) => data - networkHeader)).toEqual([28]);
  });
});
