import { describe, expect, test } from "vitest";
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY } from "../../abi/features.js";
import { getU16, getU32, putU32 } from "../../bytes/view.js";
import { bytesAt, putBytes, writeU32 } from "../../skb/bytes.js";
import { skbGet } from "../../skb/free.js";
import { skbChecksum } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import {
  alive,
  clonesOf,
  failAllocations,
  flatten,
  NOTHING_ALIVE,
  payload,
  reportsOf,
} from "../../skb/testing/make.js";
import { emitSctp, IPPROTO_SCTP, sctpChecksum } from "../../wire/sctp.js";
import { IPPROTO_TCP } from "../../wire/tcp.js";
import { IPPROTO_UDP } from "../../wire/udp.js";
import { netifReceive } from "../core/netif.js";
import type { NetKernel } from "../NetKernel.js";
import { slowSum } from "../testing/nestedPackets.js";
import {
  arriving,
  type Datagram,
  frameOf,
  ip4,
  ip6,
  ipPacket,
  k,
  mac,
  makePartial,
  makeRouter,
  RECEIVER,
  type Router,
  received,
  SENDER,
} from "../testing/router.js";
import { nfNatManipPkt } from "./nat.js";

const PUBLIC = { ipv4: ip4("10.9.9.9"), ipv6: ip6("fd09::9") } as const;

/** The rules of the recordings: 10.9.9.9 and fd09::9 port 2000 stand for the receiver's 3000, the sender for B. */
function makeNat(): Router {
  const router = makeRouter();
  const { translations } = router.net;
  for (const family of ["ipv4", "ipv6"] as const) {
    const to = { daddr: PUBLIC[family], dport: 2000, to: RECEIVER[family], port: 3000 };
    translations.push({ hook: "prerouting", proto: IPPROTO_UDP, ...to });
  }
  const from = { saddr: SENDER.ipv4, sport: 1000, to: ip4("10.1.0.254"), port: 1000 };
  translations.push({ hook: "postrouting", proto: IPPROTO_UDP, ...from });
  return router;
}

function route(
  router: Router,
  datagram: Datagram = {},
  change: (skb: SkBuff) => void = () => {},
): Uint8Array | undefined {
  const skb = arriving(router, { daddr: PUBLIC[datagram.family ?? "ipv4"], ...datagram });
  change(skb);
  netifReceive(k, router.net, skb);
  return router.b.frames.at(-1)?.slice(14);
}

describe("a rule", () => {
  test("changes destination and source, with checksums that fit: as if it had been sent so", () => {
    const expected = { saddr: ip4("10.1.0.254"), dest: 3000, ttl: 63 };
    expect(route(makeNat())).toEqual(ipPacket(expected));
    expect(route(makeNat(), { family: "ipv6" })).toEqual(ipPacket({ family: "ipv6", dest: 3000, ttl: 63 }));
  });

  test("has to fit: another port, another source, another protocol are left alone", () => {
    const router = makeNat();
    route(router, { dest: 2001 });
    expect(router.b.frames).toEqual([]);
    expect(route(router, { source: 1001 })).toEqual(ipPacket({ source: 1001, dest: 3000, ttl: 63 }));
    expect(route(router, { daddr: RECEIVER.ipv4, protocol: IPPROTO_TCP, data: payload(30) })?.slice(12, 16)).toEqual(
      SENDER.ipv4,
    );
  });

  test("of no checksum makes none, and a checksum of 0 is written as ones", () => {
    expect(getU16(route(makeNat(), { check: 0 }) as Uint8Array, 26)).toBe(0);
    // The two bytes of payload that bring the new checksum to 0.
    const right = getU16(route(makeNat(), { data: new Uint8Array(2) }) as Uint8Array, 26);
    const data = Uint8Array.of(right >>> 8, right & 0xff);
    expect(getU16(route(makeNat(), { data }) as Uint8Array, 26)).toBe(0xffff);
  });

  test("of a partial checksum changes the addresses in it alone", () => {
    const router = makeNat();
    const packet = route(router, {}, (skb) => {
      const pseudo = slowSum(flatten(skb).slice(12, 20), 17 + 28);
      makePartial(skb, skb.networkHeader + 20, pseudo);
    }) as Uint8Array;
    // The device has no checksum engine: what left is complete, and right.
    expect(packet).toEqual(ipPacket({ saddr: ip4("10.1.0.254"), dest: 3000, ttl: 63 }));
  });
});

describe("a connection", () => {
  test("is asked about once: packets that follow are changed alike, even without the rule", () => {
    const router = makeNat();
    const first = route(router);
    router.net.translations.splice(0, 2);
    expect(route(router)).toEqual(first);
  });

  test("answers find their way back", () => {
    const router = makeNat();
    route(router);
    const answer = { saddr: RECEIVER.ipv4, daddr: ip4("10.1.0.254"), source: 3000, dest: 1000 };
    const skb = received(router.mem, router.b, frameOf(ipPacket(answer), mac(0xbb)));
    netifReceive(k, router.net, skb);
    const back = { saddr: PUBLIC.ipv4, daddr: SENDER.ipv4, source: 2000, dest: 1000, ttl: 63 };
    expect(router.a.frames.map((frame) => frame.slice(14))).toEqual([ipPacket(back)]);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test.each<[string, Datagram, (skb: SkBuff) => void]>([
    ["a wrong checksum", { check: 0x1234 }, () => {}],
    ["a UDP length beyond the packet", { ulen: 90 }, () => {}],
    ["a UDP length below 8", { ulen: 7 }, () => {}],
    ["a fragment", { fragOff: 0x2000 }, () => {}],
    ["a protocol that is not tracked", { protocol: 1 }, () => {}],
  ])("is none of %s", (_name, datagram, change) => {
    const router = makeNat();
    route(router, datagram, change);
    expect([router.b.frames, router.net.drops.at(-1)?.location]).toEqual([[], "ip_error"]);
  });

  test("is none of IPv6 fragments, or headers that are cut off", () => {
    const router = makeNat();
    const fragment = { options: Uint8Array.of(17, 0, 0, 1, 0, 0, 0, 1), nexthdr: 44 };
    route(router, { family: "ipv6", ...fragment });
    route(router, { family: "ipv6", options: Uint8Array.of(17, 99, 1, 4, 0, 0, 0, 0), nexthdr: 60 });
    expect(router.b.frames).toEqual([]);
  });

  test("is found behind extension headers", () => {
    const options = { options: Uint8Array.of(17, 0, 1, 4, 0, 0, 0, 0), nexthdr: 60 };
    const expected = ipPacket({ family: "ipv6", dest: 3000, ttl: 63, ...options });
    expect(route(makeNat(), { family: "ipv6", ...options })).toEqual(expected);
  });
});

describe("tracking verifies checksums that nobody verified:", () => {
  const stateAfter = (change: (skb: SkBuff) => void, family: "ipv4" | "ipv6" = "ipv4") => {
    const router = makeNat();
    const states: unknown[] = [];
    router.b.startXmit = (skb) => states.push(skb.ipSummed, skb.csumValid);
    const packet = route(router, { family }, change);
    return { states, packet };
  };

  test("the sum becomes one over the whole packet, which forwarding forgets", () => {
    expect(stateAfter(() => {}).states).toEqual([CHECKSUM_NONE, true]);
  });

  test.each(["ipv4", "ipv6"] as const)("%s: a complete sum that fits is as good as verified", (family) => {
    const complete = (skb: SkBuff): void => {
      Object.assign(skb, { ipSummed: CHECKSUM_COMPLETE, csum: skbChecksum(skb, 0, skb.len, 0) });
    };
    expect(stateAfter(complete, family).states[0]).toBe(CHECKSUM_UNNECESSARY);
  });

  test("a complete sum that does not fit is checked again", () => {
    const wrong = (skb: SkBuff): void => {
      Object.assign(skb, { ipSummed: CHECKSUM_COMPLETE, csum: 5 });
    };
    expect(stateAfter(wrong).states).toEqual([CHECKSUM_NONE, true]);
  });
});

describe("changing a packet", () => {
  const change = { isSource: false, address: RECEIVER.ipv4, port: 3000 };

  test("makes what it writes private: a sibling keeps its bytes", () => {
    const skb = arriving(makeRouter());
    const [sibling] = clonesOf(skb, 1) as [SkBuff];
    const bytes = flatten(sibling);
    expect(nfNatManipPkt(k, skb, change)).toBe(true);
    expect([flatten(sibling), reportsOf(skb.mem)]).toEqual([bytes, []]);
    expect(flatten(skb)).not.toEqual(bytes);
  });

  test.each([1, 2])("no memory for that: the packet is dropped", (family) => {
    const router = makeNat();
    const skb = skbGet(
      arriving(router, family === 1 ? { daddr: PUBLIC.ipv4 } : { family: "ipv6", daddr: PUBLIC.ipv6 }),
    );
    failAllocations(router.mem, 2);
    netifReceive(k, router.net, skb);
    expect(router.net.drops.map(({ location }) => location)).toEqual(["nf_nat_packet"]);
  });

  test("of TCP: ports and checksum, and of what an error quotes the ports alone", () => {
    const router = makeRouter();
    const data = payload(40);
    const skb = arriving(router, { protocol: IPPROTO_TCP, data });
    const field = skb.networkHeader + 20 + 16;
    putBytes(skb, field, Uint8Array.of(0, 0));
    const sum = (): number => slowSum(Uint8Array.of(...flatten(skb).slice(12)), 6 + skb.len - 20);
    const right = 0xffff - sum();
    putBytes(skb, field, Uint8Array.of(right >>> 8, right & 0xff));
    expect(nfNatManipPkt(k, skb, { isSource: true, address: ip4("10.1.0.254"), port: 77 })).toBe(true);
    expect([sum(), getU16(flatten(skb), 20)]).toEqual([0xffff, 77]);

    const quoted = arriving(router, { protocol: IPPROTO_TCP });
    const before = flatten(quoted).slice(24);
    expect(nfNatManipPkt(k, quoted, { ...change, isSource: true })).toBe(true);
    expect([getU16(flatten(quoted), 20), flatten(quoted).slice(24, 28)]).toEqual([3000, before.slice(0, 4)]);
  });

  test.each([IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP])("of protocol %i needs its header", (protocol) => {
    const skb = arriving(makeRouter(), { protocol });
    Object.assign(skb, { len: 24, tail: skb.data + 24 });
    expect(nfNatManipPkt(k, skb, change)).toBe(false);
  });

  test("of what has no ports changes the address alone; less than a header cannot be changed", () => {
    const skb = arriving(makeRouter(), { protocol: 200 });
    expect(nfNatManipPkt(k, skb, change)).toBe(true);
    expect(flatten(skb).slice(16)).toEqual(Uint8Array.of(...RECEIVER.ipv4, ...ipPacket().slice(20)));
    expect(slowSum(flatten(skb).slice(0, 20))).toBe(0xffff);
    Object.assign(skb, { len: 19, tail: skb.data + 19 });
    expect(nfNatManipPkt(k, skb, change)).toBe(false);
  });

  /** An SCTP packet, its CRC right. */
  function sctp(): SkBuff {
    const skb = arriving(makeRouter(), { protocol: IPPROTO_SCTP, data: payload(40) });
    const bytes = bytesAt(skb, skb.networkHeader + 20, 48);
    emitSctp(bytes, 0, { source: 1000, dest: 2000, vtag: 7 });
    putU32(bytes, 8, sctpChecksum(bytes, 0, 48));
    putBytes(skb, skb.networkHeader + 20, bytes);
    return skb;
  }
  const crcOf = (skb: SkBuff): number => getU32(flatten(skb), 28);
  const rightCrcOf = (skb: SkBuff): number => sctpChecksum(flatten(skb).with(28, 0), 20, 48);

  test("of SCTP computes the CRC anew, unless whoever sends will", () => {
    const skb = sctp();
    const old = crcOf(skb);
    expect(nfNatManipPkt(k, skb, change)).toBe(true);
    expect([crcOf(skb) !== old, crcOf(skb)]).toEqual([true, rightCrcOf(skb)]);

    const partial = sctp();
    partial.ipSummed = CHECKSUM_PARTIAL;
    nfNatManipPkt(k, partial, change);
    expect([crcOf(partial), partial.ipSummed]).toEqual([old, CHECKSUM_PARTIAL]);
  });

  test("of SCTP to be cut leaves the CRC to each segment; a kernel that did not put one there for all", () => {
    const faulty: NetKernel = { ...k, nat: { computesSctpChecksum: (skb) => skb.ipSummed !== CHECKSUM_PARTIAL } };
    for (const [kernel, isChanged] of [
      [k, false],
      [faulty, true],
    ] as const) {
      const skb = sctp();
      skb.shinfo.gsoSize = 10;
      writeU32(skb, skb.networkHeader + 28, 0x01020304);
      nfNatManipPkt(kernel, skb, change);
      expect(crcOf(skb) !== 0x01020304).toBe(isChanged);
    }
  });
});

test("without rules nothing is tracked", () => {
  const router = makeRouter();
  route(router, { daddr: RECEIVER.ipv4 });
  expect([router.net.conntrack, router.b.frames.length]).toEqual([null, 1]);
});
