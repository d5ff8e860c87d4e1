import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_TCPV4,
  SKB_GSO_TUNNEL_REMCSUM,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import { csumPartial } from "../../bytes/checksum.js";
import { concat } from "../../bytes/concat.js";
import { getU16, putU16, putU32 } from "../../bytes/view.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { flatten, membersOf } from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { emitVxlan, VXLAN_HLEN, VXLAN_PORT } from "../../wire/vxlan.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import { inEthernet } from "../core/gro/testing/groPackets.js";
import {
  FakeNamespace,
  GroBench,
  type GroBenchOptions,
  groKernelWith,
  inTunnel,
  piece,
  pseudoOf,
  type TcpFrame,
  tcpFrame,
  type UdpFrame,
  udpFrame,
} from "../ipv4/testing/groFlows.js";
import { type VxlanGroOptions, vxlanGro } from "./vxlanGro.js";

const PLAIN: VxlanGroOptions = { remcsumRx: false, remcsumNopartial: false };
const OUTER = 8 + VXLAN_HLEN;
const INNER_HEADERS = 14 + 20 + 20;

const bench = (own: GroBenchOptions = {}, options = PLAIN): GroBench => {
  const socket = { groEnabled: false, tunnelGro: vxlanGro(options) };
  return new GroBench({ net: new FakeNamespace(new Map([[VXLAN_PORT, socket]])), ...own });
};

function header(vni = 42, flags = 0x0800_0000, last = 0): Uint8Array {
  const bytes = new Uint8Array(VXLAN_HLEN);
  emitVxlan(bytes, 0, vni);
  putU32(bytes, 0, flags);
  bytes[7] = last;
  return bytes;
}

/** The `i`-th segment of a stream inside, under an outer checksum unless told otherwise. */
const carried = (i: number, outer: UdpFrame = {}, inner: TcpFrame = {}, vxlan = header()): Uint8Array =>
  inTunnel(vxlan, tcpFrame({ data: piece(40, i), seq: 100 + 40 * i, ...inner, ip: { id: i } }), {
    ...outer,
    ip: { id: 70 + i, ...outer.ip },
  });

const counts = (one: GroBench): number[] => one.held.map((skb) => napiGroCb(skb).count);

describe("the tunnel path of udp_gro_receive", () => {
  test.each([
    ["IPv4 outside", {}],
    ["IPv6 outside", { ipv6: true }],
    ["no outer checksum", { check: 0 }],
  ])("merges the stream inside: %s", (_case, outer) => {
    const one = bench();
    for (let i = 0; i < 3; i++) one.take(carried(i, outer));
    expect(counts(one)).toEqual([3]);
    expect(napiGroCb(one.held[0] as SkBuff).encapMark).toBe(true);
  });

  test("both checksums are verified, the inner one from the sum of the outer", () => {
    const one = bench();
    one.take(carried(0));
    expect(one.held.map((skb) => [skb.ipSummed, skb.csumLevel])).toEqual([[CHECKSUM_UNNECESSARY, 1]]);
    expect(one.take(carried(1, {}, { check: 0x1234 }))).toBe("NORMAL");
    expect(one.take(carried(1, { check: 0x1234 }))).toBe("NORMAL");
  });

  test("an outer checksum that nobody looked at is not taken on trust", () => {
    const one = bench();
    // Flushed because of its padding, the outer checksum was not verified.
    expect(one.take(concat([carried(0), new Uint8Array(1)]))).toBe("NORMAL");
    expect(napiGroCb(one.delivered[0] as SkBuff).encapMark).toBe(false);
    // What the device verified, and what comes from this machine, counts as looked at.
    for (const ipSummed of [CHECKSUM_UNNECESSARY, CHECKSUM_PARTIAL]) {
      const local = (skb: SkBuff): void => {
        skb.ipSummed = ipSummed;
        skb.csumStart = skb.data + 20;
      };
      one.take(concat([carried(0), new Uint8Array(1)]), {}, local);
      expect(napiGroCb(one.delivered.at(-1) as SkBuff).encapMark).toBe(true);
    }
  });

  test.each<[string, Uint8Array]>([
    ["another source port", carried(1, { source: 1001 })],
    ["no outer checksum", carried(1, { check: 0 })],
    ["another family outside", carried(1, { ipv6: true })],
    ["another network", carried(1, {}, {}, header(43))],
    ["other flags", carried(1, {}, {}, header(42, 0x0880_0000))],
    ["another inner frame", inTunnel(header(), inner6())],
    ["other inner ports", carried(1, {}, { source: 7 })],
  ])("%s is another flow", (_case, frame) => {
    const one = bench();
    one.take(carried(0));
    expect(one.take(frame)).toBe("HELD");
    expect(counts(one)).toEqual([1, 1]);
  });

  test("a tunnel inside a tunnel is passed up", () => {
    expect(bench().take(inTunnel(header(), carried(0)))).toBe("NORMAL");
  });

  test("a header that is not all there, and an unknown protocol inside, are passed up", () => {
    expect(bench().take(udpFrame({ dest: VXLAN_PORT, data: header().slice(0, 7) }))).toBe("NORMAL");
    expect(bench().take(inTunnel(header(), new Uint8Array(13)))).toBe("NORMAL");
    expect(bench().take(inTunnel(header(), inEthernet(new Uint8Array(40), 0x88cc)))).toBe("NORMAL");
  });
});

function inner6(): Uint8Array {
  const frame = tcpFrame({ ipv6: true });
  expect(getU16(frame, 12)).toBe(ETH_P_IPV6);
  return frame;
}

describe("udp_gro_complete of a tunnel", () => {
  const merged = (outer: UdpFrame, own: GroBenchOptions = {}): SkBuff => {
    const one = bench(own);
    for (let i = 0; i < 2; i++) one.take(carried(i, outer));
    return one.flush()[0] as SkBuff;
  };

  test.each<[string, UdpFrame, number]>([
    ["with an outer checksum", {}, SKB_GSO_UDP_TUNNEL_CSUM],
    ["without", { check: 0 }, SKB_GSO_UDP_TUNNEL],
    ["over IPv6", { ipv6: true }, SKB_GSO_UDP_TUNNEL_CSUM],
  ])("%s: the type of tunnel, lengths and checksums at every level", (_case, outer, type) => {
    const skb = merged(outer);
    const udp = outer.ipv6 ? 40 : 20;
    expect(skb.shinfo.gsoType).toBe(type | SKB_GSO_TCPV4);
    expect([skb.encapsulation, napiGroCb(skb).encapMark, skb.shinfo.gsoSegs]).toEqual([true, false, 2]);
    const mac = skb.data + udp + OUTER;
    expect([skb.innerMacHeader, skb.innerNetworkHeader, skb.innerTransportHeader]).toEqual([mac, mac + 14, mac + 34]);
    expect([skb.innerProtocol, skb.csumStart, skb.csumOffset]).toEqual([ETH_P_IP, mac + 34, 16]);
    const bytes = flatten(skb);
    const ulen = OUTER + INNER_HEADERS + 80;
    expect(getU16(bytes, udp + 4)).toBe(ulen);
    expect(getU16(bytes, udp + 6)).toBe(outer.check === 0 ? 0 : pseudoOf(outer.ipv6 ?? false, 17, ulen));
    expect(getU16(bytes, udp + OUTER + 14 + 2)).toBe(40 + 80);
    expect(getU16(bytes, udp + OUTER + 14 + 20 + 16)).toBe(pseudoOf(false, 6, 20 + 80));
  });

  test("a tunnel that has gone: datagrams, with the tunnel's headers counted as payload", () => {
    const sockets = new Map([[VXLAN_PORT, { groEnabled: false, tunnelGro: vxlanGro(PLAIN) }]]);
    const one = bench({ net: new FakeNamespace(sockets) });
    for (let i = 0; i < 2; i++) one.take(carried(i));
    sockets.clear();
    const [skb] = one.flush() as [SkBuff];
    expect([skb.shinfo.gsoType, skb.encapsulation]).toEqual([SKB_GSO_UDP_L4, false]);
  });

  const lists = (k = groKernelWith("udpGro", {})): SkBuff => {
    const one = bench({ groFraglist: true, k });
    for (let i = 0; i < 2; i++) {
      const inner = udpFrame({ data: piece(40, i), ip: { id: i } });
      one.take(inTunnel(header(), inner, { ip: { id: i } }));
    }
    return one.flush()[0] as SkBuff;
  };

  test("a list inside: the inner datagrams are the list, under the outer type", () => {
    const skb = lists();
    expect(skb.shinfo.gsoType).toBe(SKB_GSO_UDP_TUNNEL_CSUM | SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST);
    expect(membersOf(skb).map(({ data, networkHeader }) => data - networkHeader)).toEqual([28]);
  });

  test("releases once took the list for one of outer datagrams", () => {
    const skb = lists(groKernelWith("udpGro", { isListOfThisLayer: (cb) => cb.isFlist }));
    expect(skb.shinfo.gsoType).toBe(SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST);
  });

  test("a remote checksum that is still to be done shows in the type", () => {
    const one = bench();
    for (let i = 0; i < 2; i++) one.take(carried(i));
    (one.held[0] as SkBuff).remcsumOffload = true;
    expect((one.flush()[0] as SkBuff).shinfo.gsoType & SKB_GSO_TUNNEL_REMCSUM).not.toBe(0);
  });

  test("what nobody can complete inside is lost with everything in it", () => {
    const one = bench();
    for (let i = 0; i < 2; i++) one.take(carried(i));
    const [skb] = one.held as [SkBuff];
    // The inner link header's protocol changes while it is held.
    const proto = skb.head.base + skb.data + 20 + OUTER + 12;
    putU16(one.mem.arena.bytes, proto, 0x88cc);
    expect(one.flush()).toEqual([]);
    expect(one.mem.skbs).toBe(0);
  });
});

describe("vxlan_gro_remcsum", () => {
  const RCO = 0x0820_0000;
  const REMCSUM = { remcsumRx: true, remcsumNopartial: false };
  // The inner TCP checksum starts 34 bytes behind the VXLAN header, in units of two.
  const START = (14 + 20) >> 1;
  /** The inner checksum field holds the pseudo header sum: the rest is left to the receiver. */
  const remote = (i: number, outer: UdpFrame = {}): Uint8Array =>
    carried(i, outer, { check: pseudoOf(false, 6, 20 + 40) }, header(42, RCO, START));
  const field = 14 + 20 + OUTER + 14 + 20 + 16;

  test("the inner checksum counts as right where it starts", () => {
    const one = bench({}, REMCSUM);
    const frames = [0, 1].map((i) => remote(i));
    expect(frames.map((frame) => one.take(frame))).toEqual(["HELD", "MERGED"]);
    const [skb] = one.held as [SkBuff];
    expect(napiGroCb(skb).groRemcsumStart).toBe(20 + OUTER + 34);
    expect(skb.remcsumOffload).toBe(false);
    expect(flatten(skb).slice(0, field)).toEqual((frames[0] as Uint8Array).slice(14, 14 + field));
  });

  test("a socket that does not understand it verifies the field as it stands", () => {
    expect(bench().take(remote(0))).toBe("NORMAL");
  });

  test("filled in at once: the inner checksum is verified, and the packet goes on as it came", () => {
    const one = bench({}, { remcsumRx: true, remcsumNopartial: true });
    const frame = remote(0);
    expect(one.take(frame)).toBe("HELD");
    expect(flatten(one.held[0] as SkBuff)).toEqual(frame.slice(14));
    expect(one.take(remote(1))).toBe("MERGED");
  });

  test("without an outer checksum there is nothing to derive the inner one from", () => {
    expect(bench({}, REMCSUM).take(remote(0, { check: 0 }))).toBe("NORMAL");
  });

  test("a sum of the device's is enough", () => {
    const frame = remote(0, { check: 0 });
    const summed = (skb: SkBuff): void => {
      skb.ipSummed = CHECKSUM_COMPLETE;
      skb.csum = csumPartial(frame, 14, frame.length - 14, 0);
    };
    expect(bench({}, REMCSUM).take(frame, {}, summed)).toBe("HELD");
  });

  test("a UDP checksum inside lies elsewhere; a start beyond the packet is passed up", () => {
    const options = { remcsumRx: true, remcsumNopartial: true };
    const inner = udpFrame({ check: pseudoOf(false, 17, 48) });
    expect(bench({ groUdpFwd: true }, options).take(inTunnel(header(42, RCO, 0x80 | START), inner))).toBe("HELD");
    expect(bench({}, options).take(carried(0, {}, {}, header(42, RCO, 0x7f)))).toBe("NORMAL");
  });

  test("what was done already is not done again", () => {
    const once = (skb: SkBuff): void => {
      skb.remcsumOffload = true;
    };
    const one = bench({}, REMCSUM);
    expect(one.take(carried(0, {}, {}, header(42, RCO, START)), {}, once)).toBe("HELD");
    expect(napiGroCb(one.held[0] as SkBuff).groRemcsumStart).toBe(0);
  });
});
