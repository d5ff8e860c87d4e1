import { describe, expect, test } from "vitest";
import { fromHex, hex } from "../bytes/hexdump.js";
import { ETH_HLEN, ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6, emitEthernet, isVlanType } from "./ethernet.js";
import { parseFrame, udpChecksumState } from "./frame.js";
import { emitIpv4, IP_DF, ipv4NoopOptions } from "./ipv4.js";
import { emitIpv6 } from "./ipv6.js";
import { emitUdp, IPPROTO_UDP } from "./udp.js";
import { emitVirtioNetHdr, parseVirtioNetHdr, VIRTIO_NET_HDR_LEN } from "./virtioNetHdr.js";
import { emitVlan, VLAN_HLEN } from "./vlan.js";

const dest = fromHex("020000000002");
const source = fromHex("020000000001");
const saddr6 = fromHex("fd000000000000000000000000000001");
const daddr6 = fromHex("fd000000000000000000000000000002");

describe("headers written one behind the other", () => {
  test("are, for IPv4, the frame that a kernel was seen to send", () => {
    const frame = new Uint8Array(46);
    let at = emitEthernet(frame, 0, { dest, source, proto: ETH_P_IP });
    at += emitIpv4(frame, at, {
      tos: 0,
      totLen: 32,
      id: 0xfffe,
      fragOff: 0,
      ttl: 64,
      protocol: IPPROTO_UDP,
      saddr: fromHex("0a000001"),
      daddr: fromHex("0a000002"),
      options: ipv4NoopOptions(0),
    });
    at += emitUdp(frame, at, { source: 1019, dest: 2033, len: 12, check: 0x352f });
    frame.set(fromHex("4e555c63"), at);
    expect(hex(frame)).toBe(
      "0200000000020200000000010800" + "45000020fffe0000401166cc0a0000010a000002" + "03fb07f1000c352f" + "4e555c63",
    );
  });

  test("are, for tagged IPv6, the frame that a kernel was seen to send", () => {
    const frame = new Uint8Array(66);
    let at = emitEthernet(frame, 0, { dest, source, proto: ETH_P_8021Q });
    at += emitVlan(frame, at, 0xe064, ETH_P_IPV6);
    at += emitIpv6(frame, at, {
      trafficClass: 0,
      flowLabel: 0,
      payloadLen: 0x3a,
      nexthdr: IPPROTO_UDP,
      hopLimit: 64,
      saddr: saddr6,
      daddr: daddr6,
    });
    at += emitUdp(frame, at, { source: 1000, dest: 2000, len: 0x3a, check: 0x667c });
    expect(at).toBe(66);
    expect(hex(frame)).toBe(
      `0200000000020200000000018100e06486dd60000000003a1140${hex(saddr6)}${hex(daddr6)}03e807d0003a667c`,
    );
  });
});

describe("emitIpv4", () => {
  test.each([0, 1, 5, 10])("gives a header with %i option words whose checksum is right", (words) => {
    const buf = new Uint8Array(100).fill(0xff);
    const hlen = emitIpv4(buf, ETH_HLEN, {
      tos: 3,
      totLen: 0x1_0040,
      id: 0xffff,
      fragOff: IP_DF,
      ttl: 1,
      protocol: 6,
      saddr: Uint8Array.of(10, 1, 2, 3),
      daddr: Uint8Array.of(239, 1, 2, 3),
      options: ipv4NoopOptions(words),
    });
    expect(hlen).toBe(20 + 4 * words);
    expect(hex(buf.subarray(14, 24))).toBe(`4${(5 + words).toString(16)}030040ffff40000106`);
    expect(hex(buf.subarray(34, 14 + hlen))).toBe("01".repeat(4 * words));
    let sum = 0;
    for (let i = 14; i < 14 + hlen; i += 2) sum += buf[i]! * 256 + buf[i + 1]!;
    expect(sum % 0xffff).toBe(0);
    expect(buf[14 + hlen]).toBe(0xff);
  });
});

test("emitIpv6 puts traffic class and flow label side by side", () => {
  const buf = new Uint8Array(40);
  const header = { trafficClass: 0xa5, flowLabel: 0x54321, payloadLen: 0, nexthdr: 0, hopLimit: 255 };
  emitIpv6(buf, 0, { ...header, saddr: saddr6, daddr: daddr6 });
  expect(hex(buf.subarray(0, 8))).toBe("6a554321000000ff");
});

test("a UDP header with a checksum of its own making is ok", () => {
  // RFC 768 by hand: ports 1 and 2, length 8, no data, from ::1 to ::2: 1+2 + 8+17 + 1+2+8 = 39.
  const frame = new Uint8Array(62);
  emitEthernet(frame, 0, { dest, source, proto: ETH_P_IPV6 });
  const saddr = new Uint8Array(16);
  const daddr = new Uint8Array(16);
  saddr[15] = 1;
  daddr[15] = 2;
  emitIpv6(frame, 14, { trafficClass: 0, flowLabel: 0, payloadLen: 8, nexthdr: 17, hopLimit: 1, saddr, daddr });
  emitUdp(frame, 54, { source: 1, dest: 2, len: 8, check: 0xffff - 39 });
  expect(udpChecksumState(frame, parseFrame(frame)!)).toBe("ok");
});

test("VLAN tags follow exactly the two EtherTypes that the kernel takes for one", () => {
  const types = [ETH_P_8021Q, ETH_P_8021AD, ETH_P_IP, ETH_P_IPV6, 0x9100];
  expect(types.map(isVlanType)).toEqual([true, true, false, false, false]);
  expect(VLAN_HLEN).toBe(4);
});

describe("the virtio_net_hdr", () => {
  const header = { flags: 1, gsoType: 0x85, hdrLen: 0x0142, gsoSize: 0x05a8, csumStart: 0x0022, csumOffset: 0x0106 };

  test("is ten bytes, each number with its low byte first", () => {
    const buf = new Uint8Array(12).fill(0xee);
    expect(emitVirtioNetHdr(buf, 1, header)).toBe(VIRTIO_NET_HDR_LEN);
    expect(hex(buf)).toBe("ee01854201a80522000601ee");
  });

  test("reads back as written", () => {
    const buf = new Uint8Array(14);
    emitVirtioNetHdr(buf, 3, header);
    expect(parseVirtioNetHdr(buf, 3)).toEqual(header);
    expect(parseVirtioNetHdr(fromHex("02030000ffff00000000"))).toEqual({
      flags: 2,
      gsoType: 3,
      hdrLen: 0,
      gsoSize: 0xffff,
      csumStart: 0,
      csumOffset: 0,
    });
  });
});
