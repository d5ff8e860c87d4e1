import { describe, expect, test } from "vitest";
import {
  CHECKSUM_NONE,
  CHECKSUM_UNNECESSARY,
  SKB_GSO_DODGY,
  SKB_GSO_TCP_ECN,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import { putBytes } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { makeMemory, makeSkb } from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import type { VirtioNetHdrTunnel } from "../../wire/virtioNetHdr.js";
import { fixedKernel as k } from "../testing/nestedPackets.js";
import { virtioNetHdrTnlFromSkb, virtioNetHdrTnlToSkb } from "./virtioNetTunnel.js";

const NEEDS_CSUM = 1;
const TUNNEL_CSUM = 8;
const OVER_IPV4 = 0x20;
const OVER_IPV6 = 0x40;
const TCPV4 = 1;
const UDP = 3;
const TCPV6 = 4;
const UDP_L4 = 5;

/** TCP over IPv4 in VXLAN over IPv4: UDP at 34, the inner IP header at 64, TCP at 84. */
const tcp4: VirtioNetHdrTunnel = {
  flags: NEEDS_CSUM,
  gsoType: OVER_IPV4 | TCPV4,
  hdrLen: 104,
  gsoSize: 100,
  csumStart: 84,
  csumOffset: 16,
  outerThOffset: 34,
  innerNhOffset: 64,
};
const udp4: VirtioNetHdrTunnel = { ...tcp4, gsoType: OVER_IPV4 | UDP_L4, csumOffset: 6 };
const plain: VirtioNetHdrTunnel = { ...tcp4, gsoType: 0, gsoSize: 0, outerThOffset: 9, innerNhOffset: 8 };

function frame(version = 4, length = 500): SkBuff {
  const skb = makeSkb(makeMemory(), { linear: length });
  if (length > 64) putBytes(skb, skb.data + 64, Uint8Array.of(version << 4));
  return skb;
}
const accept = (hdr: VirtioNetHdrTunnel, skb = frame(), negotiated = true): number =>
  virtioNetHdrTnlToSkb(k, skb, hdr, negotiated);

/** What became of the packet; offsets count from the start of the frame. */
function metadata(skb: SkBuff) {
  const from = (offset: number): number => offset - skb.data;
  return {
    outerTh: from(skb.transportHeader),
    inner: [skb.innerMacHeader, skb.innerNetworkHeader, skb.innerTransportHeader].map(from),
    type: skb.shinfo.gsoType,
    size: skb.shinfo.gsoSize,
    protocol: skb.innerProtocol,
    encapsulation: skb.encapsulation,
  };
}

describe("virtio_net_hdr_tnl_to_skb", () => {
  test.each<[string, VirtioNetHdrTunnel, number, number, number]>([
    ["TCP over IPv4", tcp4, 4, SKB_GSO_TCPV4 | SKB_GSO_UDP_TUNNEL, ETH_P_IP],
    ["with an outer checksum", { ...tcp4, flags: 9 }, 4, SKB_GSO_TCPV4 | SKB_GSO_UDP_TUNNEL_CSUM, ETH_P_IP],
    [
      "with ECN",
      { ...tcp4, gsoType: tcp4.gsoType | 0x80 },
      4,
      SKB_GSO_TCPV4 | SKB_GSO_TCP_ECN | SKB_GSO_UDP_TUNNEL,
      ETH_P_IP,
    ],
    [
      "TCP over IPv6",
      { ...tcp4, gsoType: OVER_IPV4 | TCPV6, csumStart: 104 },
      6,
      SKB_GSO_TCPV6 | SKB_GSO_UDP_TUNNEL,
      ETH_P_IPV6,
    ],
    ["UDP, over IPv4 by the inner header", udp4, 4, SKB_GSO_UDP_L4 | SKB_GSO_UDP_TUNNEL, ETH_P_IP],
    [
      "UDP, over IPv6 by the inner header",
      { ...udp4, csumStart: 104 },
      6,
      SKB_GSO_UDP_L4 | SKB_GSO_UDP_TUNNEL,
      ETH_P_IPV6,
    ],
  ])("%s: the inner link header belongs to the tunnel's", (_name, hdr, version, type, protocol) => {
    const skb = frame(version);
    expect(accept(hdr, skb)).toBe(0);
    expect(metadata(skb)).toEqual({
      outerTh: 34,
      inner: [64, 64, hdr.csumStart],
      type: type | SKB_GSO_DODGY,
      size: 100,
      protocol,
      encapsulation: true,
    });
    expect([skb.csumStart - skb.data, skb.innerProtocolIsIp]).toEqual([hdr.csumStart, false]);
  });

  test("over IPv6", () => {
    const skb = frame(4, 600);
    const hdr = { ...tcp4, gsoType: OVER_IPV6 | TCPV4, outerThOffset: 54, innerNhOffset: 84, csumStart: 104 };
    expect(accept(hdr, skb)).toBe(0);
    expect(metadata(skb)).toMatchObject({ outerTh: 54, inner: [84, 84, 104] });
  });

  test("no more than one segment: a tunnel's type, but no GSO", () => {
    const skb = frame(4, 204);
    expect(accept(tcp4, skb)).toBe(0);
    expect(metadata(skb)).toMatchObject({ size: 0, type: SKB_GSO_UDP_TUNNEL, encapsulation: true });
  });

  test("without a tunnel's type the offsets mean nothing", () => {
    const skb = frame();
    for (const negotiated of [true, false]) {
      expect(accept(plain, skb, negotiated)).toBe(0);
      expect(metadata(skb)).toMatchObject({ type: 0, encapsulation: false });
    }
    const flagged = { ...plain, flags: NEEDS_CSUM | TUNNEL_CSUM };
    expect(accept(flagged, skb)).toBe(0);
    expect(skb.shinfo.gsoType).toBe(0);
  });

  test.each<[string, VirtioNetHdrTunnel]>([
    ["both families at once", { ...tcp4, gsoType: OVER_IPV4 | OVER_IPV6 | TCPV4 }],
    ["nothing to segment inside", { ...tcp4, gsoType: OVER_IPV4 }],
    ["nothing but ECN inside", { ...tcp4, gsoType: OVER_IPV4 | 0x80 }],
    ["IP fragments inside", { ...tcp4, gsoType: OVER_IPV4 | UDP, csumOffset: 6 }],
    ["an unknown type inside", { ...tcp4, gsoType: OVER_IPV4 | 2 }],
    ["no checksum to complete", { ...tcp4, flags: 0 }],
    ["no gso_size", { ...tcp4, gsoSize: 0 }],
    ["no room for the outer IPv4 header", { ...tcp4, outerThOffset: 33 }],
    ["no room for the outer IPv6 header", { ...tcp4, gsoType: OVER_IPV6 | TCPV4, outerThOffset: 53 }],
    ["no room for the outer UDP header", { ...tcp4, outerThOffset: 57 }],
    ["no room for the inner IPv4 header", { ...tcp4, innerNhOffset: 65 }],
    ["no room for the inner IPv6 header", { ...tcp4, gsoType: OVER_IPV4 | TCPV6, innerNhOffset: 64, csumStart: 103 }],
    ["a checksum outside", { ...tcp4, csumStart: 490 }],
    ["a checksum that is not TCP's", { ...tcp4, csumOffset: 6 }],
  ])("%s: -EINVAL", (_name, hdr) => {
    expect(accept(hdr)).toBe(-EINVAL);
  });

  test("UDP whose inner header turns out to be IPv6, with no room for it: -EINVAL", () => {
    expect(accept({ ...udp4, csumStart: 103 }, frame(6))).toBe(-EINVAL);
    expect(accept({ ...udp4, csumStart: 103 }, frame(4))).toBe(0);
  });

  test("a tunnel where none may be spoken of: -EINVAL", () => {
    expect(accept(tcp4, frame(), false)).toBe(-EINVAL);
  });
});

describe("virtio_net_hdr_tnl_from_skb", () => {
  function accepted(hdr: VirtioNetHdrTunnel, protocol = ETH_P_IP): SkBuff {
    const skb = frame();
    expect(accept(hdr, skb)).toBe(0);
    skb.protocol = protocol;
    return skb;
  }

  test.each<[string, VirtioNetHdrTunnel, number]>([
    ["without an outer checksum", tcp4, ETH_P_IP],
    ["with one", { ...tcp4, flags: NEEDS_CSUM | TUNNEL_CSUM }, ETH_P_IP],
    ["UDP inside", udp4, ETH_P_IP],
    [
      "over IPv6",
      { ...tcp4, gsoType: OVER_IPV6 | TCPV4, outerThOffset: 54, innerNhOffset: 84, csumStart: 104 },
      ETH_P_IPV6,
    ],
  ])("%s: what went in comes out", (_name, hdr, protocol) => {
    expect(virtioNetHdrTnlFromSkb(accepted(hdr, protocol), true, 0)).toEqual({ ...hdr, hdrLen: 500 });
  });

  test("a VLAN tag moves the checksum, but not the tunnel's offsets", () => {
    const out = virtioNetHdrTnlFromSkb(accepted(tcp4), true, 4);
    expect(out).toMatchObject({ csumStart: 88, outerThOffset: 34, innerNhOffset: 64 });
  });

  test("a packet that is no tunnel's: offsets 0, and DATA_VALID as ever", () => {
    const skb = frame();
    skb.ipSummed = CHECKSUM_UNNECESSARY;
    const rest = { gsoType: 0, hdrLen: 0, gsoSize: 0, csumStart: 0, csumOffset: 0 };
    const valid = { flags: 2, ...rest, outerThOffset: 0, innerNhOffset: 0 };
    expect(virtioNetHdrTnlFromSkb(skb, true, 0)).toEqual(valid);
    expect(virtioNetHdrTnlFromSkb(skb, false, 0)).toEqual(valid);
  });

  test("a tunnel's checksum is never called valid", () => {
    const skb = accepted(tcp4);
    for (const summed of [CHECKSUM_UNNECESSARY, CHECKSUM_NONE]) {
      skb.ipSummed = summed;
      expect(virtioNetHdrTnlFromSkb(skb, true, 0)).toMatchObject({ flags: 0, gsoType: OVER_IPV4 | TCPV4 });
    }
  });

  test("a reader who may not be told of tunnels, and a type that cannot be told: nothing", () => {
    const skb = accepted(tcp4);
    expect(virtioNetHdrTnlFromSkb(skb, false, 0)).toBeUndefined();
    skb.shinfo.gsoType = SKB_GSO_UDP_TUNNEL;
    expect(virtioNetHdrTnlFromSkb(skb, true, 0)).toBeUndefined();
  });
});
