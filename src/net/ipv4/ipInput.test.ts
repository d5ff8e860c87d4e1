import { describe, expect, test } from "vitest";
import { CHECKSUM_COMPLETE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, SKB_GSO_TCPV4 } from "../../abi/features.js";
import { csumPartial } from "../../bytes/checksum.js";
import { getU16 } from "../../bytes/view.js";
import { putBytes, writeU8, writeU16 } from "../../skb/bytes.js";
import { skbGet } from "../../skb/free.js";
import { skbChecksum } from "../../skb/read.js";
import { PACKET_MULTICAST, PACKET_OTHERHOST, type SkBuff } from "../../skb/SkBuff.js";
import { alive, failAllocations, flatten, NOTHING_ALIVE, payload } from "../../skb/testing/make.js";
import { IP_MF } from "../../wire/ipv4.js";
import { netifReceive } from "../core/netif.js";
import { slowSum } from "../testing/nestedPackets.js";
import {
  arriving,
  type Datagram,
  type Family,
  ip4,
  ip6,
  k,
  makeRouter,
  portOf,
  type Router,
} from "../testing/router.js";
import { ipRcv } from "./ipInput.js";
import { UdpSock, type UdpSockOptions } from "./UdpSock.js";

const US = { ipv4: ip4("10.0.0.254"), ipv6: ip6("fd00::254") } as const;
const GROUP = { ipv4: ip4("239.1.2.3"), ipv6: ip6("ff12::1234") } as const;
const plain: UdpSockOptions = { acceptsL4: false, acceptsFraglist: false, convertsChecksum: false, filters: false };
const DATA = payload(20, 7);

function receive(router: Router, datagram: Datagram = {}, change: (skb: SkBuff) => void = () => {}): SkBuff {
  const skb = arriving(router, datagram);
  change(skb);
  netifReceive(k, router.net, skb);
  return skb;
}
const lastDrop = ({ net }: Router): string => `${net.drops.at(-1)?.location} ${net.drops.at(-1)?.reason}`;

function listen(router: Router, address: Uint8Array, options: Partial<UdpSockOptions> = {}, groups: Uint8Array[] = []) {
  const sk = new UdpSock("sk", { ...plain, ...options });
  router.net.bindUdp(sk, address, 2000, groups);
  return sk;
}
const payloadsOf = (sk: UdpSock): Uint8Array[] => sk.receiveQueue.map(flatten);

describe("ip_rcv", () => {
  test.each<[string, Datagram, (skb: SkBuff) => unknown, string]>([
    ["a frame for another station", {}, (skb) => Object.assign(skb, { pktType: PACKET_OTHERHOST }), "OTHERHOST"],
    ["less than a header", {}, (skb) => Object.assign(skb, { len: 19, tail: skb.data + 19 }), "IP_INHDR"],
    ["another version", {}, (skb) => writeU8(skb, skb.data, 0x65), "IP_INHDR"],
    ["a header length below 20", {}, (skb) => writeU8(skb, skb.data, 0x44), "IP_INHDR"],
    ["options that are not all there", {}, (skb) => writeU8(skb, skb.data, 0x4f), "IP_INHDR"],
    ["a wrong header checksum", {}, (skb) => writeU8(skb, skb.data + 8, 63), "IP_CSUM"],
    ["less than the total length", {}, (skb) => Object.assign(skb, { len: 40, tail: skb.data + 40 }), "PKT_TOO_SMALL"],
  ])("%s: dropped", (_name, datagram, change, reason) => {
    const router = makeRouter();
    receive(router, datagram, change);
    expect(lastDrop(router)).toBe(`ip_rcv_core ${reason}`);
    expect([router.b.frames, alive(router.mem)]).toEqual([[], NOTHING_ALIVE]);
  });

  test("a total length below the header's: dropped", () => {
    const router = makeRouter();
    receive(router, {}, (skb) => {
      writeU16(skb, skb.data + 2, 19);
      writeU16(skb, skb.data + 10, 0);
      writeU16(skb, skb.data + 10, 0xffff - slowSum(flatten(skb).slice(0, 20)));
    });
    expect(lastDrop(router)).toBe("ip_rcv_core IP_INHDR");
  });

  test("bytes behind the packet are cut off", () => {
    const router = makeRouter();
    receive(router, { trailing: 6 });
    expect(router.b.frames[0]).toHaveLength(14 + 48);
  });

  test("a cut that would take the checksum field away: dropped", () => {
    const router = makeRouter();
    const partial = { ipSummed: CHECKSUM_PARTIAL, csum: 0xfff00 };
    receive(router, { trailing: 6 }, (skb) => Object.assign(skb, partial));
    expect(lastDrop(router)).toBe("ip_rcv_core NOT_SPECIFIED");
  });

  test("an aggregate of TCP beyond 64 KiB says 0", () => {
    const router = makeRouter();
    receive(router, {}, (skb) => {
      writeU16(skb, skb.data + 2, 0);
      writeU16(skb, skb.data + 10, 0);
      writeU16(skb, skb.data + 10, 0xffff - slowSum(flatten(skb).slice(0, 20)));
      Object.assign(skb.shinfo, { gsoSize: 10, gsoType: SKB_GSO_TCPV4 });
    });
    expect(router.net.drops.filter(({ location }) => location === "ip_rcv_core")).toEqual([]);
  });

  test("a shared packet is cloned; no memory: gone", () => {
    const router = makeRouter();
    const skb = skbGet(arriving(router));
    failAllocations(router.mem, 1);
    ipRcv(k, router.net, skb);
    expect([skb.users, router.b.frames]).toEqual([1, []]);
  });

  test("an interface without addresses takes no part", () => {
    const router = makeRouter();
    const other = portOf("other");
    router.net.addInterface(other);
    receive(router, {}, (skb) => Object.assign(skb, { dev: other }));
    expect(lastDrop(router)).toBe("ip_rcv_finish_core IP_INADDRERRORS");
  });
});

describe("options", () => {
  const RECORD_ROUTE = Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0);
  const optionsThrough = (options: Uint8Array): Uint8Array | undefined => {
    const router = makeRouter();
    receive(router, { options });
    const frame = router.b.frames[0];
    if (frame !== undefined) expect(slowSum(frame.slice(14, 34 + options.length))).toBe(0xffff);
    return frame?.slice(34, 34 + options.length);
  };

  test("record route gets the address that the packet leaves from", () => {
    expect(optionsThrough(RECORD_ROUTE)).toEqual(Uint8Array.of(7, 7, 8, 10, 1, 0, 254, 0));
  });

  test("a full route and what means nothing pass as they are", () => {
    const full = Uint8Array.of(7, 7, 8, 9, 9, 9, 9, 0);
    expect(optionsThrough(full)).toEqual(full);
    const noops = Uint8Array.of(1, 1, 1, 0);
    expect(optionsThrough(noops)).toEqual(noops);
    const timestamp = Uint8Array.of(68, 8, 5, 0, 0, 0, 0, 0);
    expect(optionsThrough(timestamp)).toEqual(timestamp);
  });

  test("bytes behind the end become ends", () => {
    expect(optionsThrough(Uint8Array.of(1, 0, 7, 0))).toEqual(Uint8Array.of(1, 0, 0, 0));
  });

  test.each([
    ["a source route", [131, 7, 4, 0, 0, 0, 0, 0]],
    ["a length beyond the header", [7, 30, 4, 0]],
    ["a length below 2", [68, 1, 0, 0]],
    ["a type without a length", [1, 1, 1, 7]],
    ["two record routes", [7, 3, 4, 7, 3, 4, 0, 0]],
    ["a record route that begins before its first address", [7, 7, 3, 0, 0, 0, 0, 0]],
    ["a record route without room for a whole address", [7, 7, 5, 0, 0, 0, 0, 0]],
    ["a record route without a pointer", [7, 2, 0, 0]],
  ])("%s: dropped", (_name, options) => {
    expect(optionsThrough(Uint8Array.from(options))).toBeUndefined();
  });

  test("no memory to make the header private: dropped", () => {
    const router = makeRouter();
    const skb = skbGet(arriving(router, { options: RECORD_ROUTE }));
    failAllocations(router.mem, 2);
    ipRcv(k, router.net, skb);
    expect(lastDrop(router)).toBe("ip_rcv_finish_core IP_INHDR");
  });

  test("here, the host's own address stands in it", () => {
    const router = makeRouter();
    const sk = listen(router, US.ipv4);
    const skb = receive(router, { options: RECORD_ROUTE, daddr: US.ipv4 });
    expect(sk.receiveQueue).toEqual([skb]);
    expect(
      skb.mem.arena.bytes.slice(skb.head.base + skb.networkHeader + 20, skb.head.base + skb.networkHeader + 28),
    ).toEqual(Uint8Array.of(7, 7, 8, 10, 0, 0, 254, 0));
  });
});

describe("local delivery", () => {
  test.each(["ipv4", "ipv6"] as const)("%s: to the socket with that address and port", (family) => {
    const router = makeRouter();
    const [exact, any] = [listen(router, US[family]), listen(router, new Uint8Array(US[family].length))];
    receive(router, { family, daddr: US[family], trailing: 3 });
    expect([payloadsOf(exact), payloadsOf(any)]).toEqual([[DATA], []]);
  });

  test.each(["ipv4", "ipv6"] as const)("%s: of a group to all who joined it", (family) => {
    const router = makeRouter();
    const sockets = [1, 2, 3].map(() => listen(router, GROUP[family], {}, [GROUP[family]]));
    receive(router, { family, daddr: GROUP[family] }, (skb) => Object.assign(skb, { pktType: PACKET_MULTICAST }));
    expect(sockets.map(payloadsOf)).toEqual(Array(3).fill([DATA]));
    expect(router.net.drops).toEqual([]);
  });

  test("of a group that nobody joined here: dropped", () => {
    for (const family of ["ipv4", "ipv6"] as const) {
      const router = makeRouter();
      receive(router, { family, daddr: GROUP[family] }, (skb) => Object.assign(skb, { pktType: PACKET_MULTICAST }));
      expect([router.net.drops.length, alive(router.mem)]).toEqual([1, NOTHING_ALIVE]);
    }
  });

  test("of a broadcast to all on that port", () => {
    const router = makeRouter();
    const sk = listen(router, new Uint8Array(4));
    receive(router, { daddr: ip4("10.0.0.255") });
    expect(payloadsOf(sk)).toEqual([DATA]);
  });

  test("a fragment is not put together here: dropped", () => {
    const router = makeRouter();
    receive(router, { daddr: US.ipv4, fragOff: IP_MF });
    expect(lastDrop(router)).toBe("ip_local_deliver FRAG_REASM_TIMEOUT");
  });

  test.each([
    ["an unknown protocol", 200, 2],
    ["TCP, whose sockets are not modelled", 6, undefined],
    ["ICMP", 1, undefined],
  ])("%s: dropped, and where it is unknown the sender is told", (_name, protocol, code) => {
    const router = makeRouter();
    receive(router, { daddr: US.ipv4, protocol });
    expect(lastDrop(router)).toBe("ip_protocol_deliver_rcu IP_NOPROTO");
    expect(router.a.frames.map((frame) => [frame[34], frame[35]])).toEqual(code === undefined ? [] : [[3, code]]);
  });
});

describe("a UDP packet for this host", () => {
  test.each<[string, Family, Datagram, string, [number, number] | undefined]>([
    ["for a port that nobody has", "ipv4", { dest: 2001 }, "NO_SOCKET", [3, 3]],
    ["for a port that nobody has", "ipv6", { dest: 2001 }, "NO_SOCKET", [1, 4]],
    [
      "for such a port, with a wrong checksum",
      "ipv4",
      { dest: 2001, check: 7, data: payload(90) },
      "UDP_CSUM",
      undefined,
    ],
    ["for such a port, without a checksum", "ipv6", { dest: 2001, check: 0 }, "UDP_CSUM", undefined],
    ["with a wrong checksum", "ipv4", { check: 0x1234 }, "UDP_CSUM", undefined],
    ["with a wrong checksum", "ipv6", { check: 0x1234 }, "UDP_CSUM", undefined],
    ["without a checksum", "ipv6", { check: 0 }, "UDP_CSUM", undefined],
    ["with a length below 8", "ipv4", { ulen: 7 }, "PKT_TOO_SMALL", undefined],
    ["with a length beyond the packet", "ipv6", { ulen: 29 }, "PKT_TOO_SMALL", undefined],
  ])("%s, %s: dropped", (_name, family, datagram, reason, error) => {
    const router = makeRouter();
    const sk = listen(router, US[family]);
    receive(router, { family, daddr: US[family], ...datagram });
    expect(lastDrop(router)).toBe(`__udp${family === "ipv4" ? 4 : 6}_lib_rcv ${reason}`);
    const at = family === "ipv4" ? 34 : 54;
    expect(router.a.frames.map((frame) => [frame[at], frame[at + 1]])).toEqual(error === undefined ? [] : [error]);
    expect([sk.receiveQueue, alive(router.mem)]).toEqual([[], NOTHING_ALIVE]);
  });

  test("a header that is not all there: dropped", () => {
    const router = makeRouter();
    const skb = arriving(router, { daddr: US.ipv4 });
    Object.assign(skb, { len: 24, tail: skb.data + 24 });
    putBytes(skb, skb.data + 2, Uint8Array.of(0, 24, 0x12, 0x34, 0, 0, 64, 17, 0, 0));
    writeU16(skb, skb.data + 10, 0xffff - slowSum(flatten(skb).slice(0, 20)));
    netifReceive(k, router.net, skb);
    expect(lastDrop(router)).toBe("__udp4_lib_rcv PKT_TOO_SMALL");
  });

  test("a long one's checksum is left to the reader", () => {
    const router = makeRouter();
    const sk = listen(router, US.ipv4);
    const skb = receive(router, { daddr: US.ipv4, data: payload(90), check: 0x1234 });
    expect([sk.receiveQueue, skb.csumValid]).toEqual([[skb], false]);
  });

  test("IPv4 without a checksum, IPv6 without one for a socket that says so, a jumbo length of 0", () => {
    const router = makeRouter();
    const sk = listen(router, US.ipv4);
    receive(router, { daddr: US.ipv4, check: 0 });
    const willing = listen(router, US.ipv6, { acceptsNoCheck6: true });
    receive(router, { family: "ipv6", daddr: US.ipv6, check: 0 });
    expect([sk.receiveQueue.length, willing.receiveQueue.length]).toEqual([1, 1]);
    receive(router, { family: "ipv6", daddr: US.ipv6, ulen: 0, check: 0 });
    expect(willing.receiveQueue).toHaveLength(2);
  });

  test("of a group without a checksum goes to those who take that", () => {
    const router = makeRouter();
    const strict = listen(router, GROUP.ipv6, {}, [GROUP.ipv6]);
    const willing = listen(router, GROUP.ipv6, { acceptsNoCheck6: true });
    receive(router, { family: "ipv6", daddr: GROUP.ipv6, check: 0 });
    expect([strict.receiveQueue.length, willing.receiveQueue.length]).toEqual([0, 1]);
  });

  test("one verified checksum is used up: what is inside has to have been verified itself", () => {
    const router = makeRouter();
    const sk = listen(router, US.ipv4);
    const once = receive(router, { daddr: US.ipv4, check: 7 }, (skb) =>
      Object.assign(skb, { ipSummed: CHECKSUM_UNNECESSARY }),
    );
    const twice = receive(router, { daddr: US.ipv4, check: 7 }, (skb) =>
      Object.assign(skb, { ipSummed: CHECKSUM_UNNECESSARY, csumLevel: 1 }),
    );
    expect(sk.receiveQueue).toEqual([once, twice]);
    expect([once.ipSummed, once.csumValid]).toEqual([0, true]);
    expect([twice.ipSummed, twice.csumLevel, twice.csumValid]).toEqual([CHECKSUM_UNNECESSARY, 0, true]);
  });

  test("a complete sum is compared with the pseudo header's; a wrong one is summed again", () => {
    const router = makeRouter();
    const sk = listen(router, US.ipv6);
    const complete = (wrong: number) => (skb: SkBuff) =>
      Object.assign(skb, { ipSummed: CHECKSUM_COMPLETE, csum: (skbChecksum(skb, 0, skb.len, 0) + wrong) >>> 0 });
    const skb = receive(router, { family: "ipv6", daddr: US.ipv6 }, complete(0));
    expect([sk.receiveQueue, skb.csumValid]).toEqual([[skb], true]);
    receive(router, { family: "ipv6", daddr: US.ipv6 }, complete(1));
    expect(sk.receiveQueue).toHaveLength(2);
    expect(csumPartial(DATA, 0, 2, 0)).toBe(getU16(DATA, 0));
  });
});

describe("a tunnel's socket", () => {
  test("may take the packet, leave it an ordinary datagram, or pass it on to another protocol", () => {
    const taken: number[] = [];
    const results = [0, 1, -200];
    const router = makeRouter();
    const sk = listen(router, US.ipv4, {
      encapRcv: (skb) => {
        taken.push(skb.len);
        return results[taken.length - 1] ?? 0;
      },
    });
    for (let i = 0; i < 3; i++) receive(router, { daddr: US.ipv4 });
    expect([taken, sk.receiveQueue.length]).toEqual([[28, 28, 28], 1]);
    expect(lastDrop(router)).toBe("ip_protocol_deliver_rcu IP_NOPROTO");
    expect(router.a.frames.map((frame) => [frame[34], frame[35]])).toEqual([[3, 2]]);
  });

  test("never sees a wrong checksum", () => {
    const router = makeRouter();
    const sk = listen(router, US.ipv4, { encapRcv: () => 0 });
    receive(router, { daddr: US.ipv4, data: payload(90), check: 0x1234 });
    expect([sk.drops, alive(router.mem)]).toEqual([1, NOTHING_ALIVE]);
  });
});
