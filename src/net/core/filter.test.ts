import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  SKB_GSO_DODGY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_IPXIP4,
  SKB_GSO_IPXIP6,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { bytesAt } from "../../skb/bytes.js";
import { skbClone } from "../../skb/clone.js";
import { EALREADY, ENOMEM, ENOTSUPP } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { failAllocations, makeMemory, makeSkb, type Shape } from "../../skb/testing/make.js";
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { fixedSeams } from "../fixedSeams.js";
import type { NetKernel } from "../NetKernel.js";
import { offloads } from "../offloads.js";
import { bpfSkbNetGrow, bpfSkbProto4To6, bpfSkbProto6To4, type RoomFlags } from "./filter.js";

const k: NetKernel = { ...fixedSeams, offloads };
const PLAIN: RoomFlags = { fixedGso: false, encap: undefined };

/** An Ethernet frame with `data` at its link header, an IPv4 header behind it, and TCP. */
function frame(shape: Shape = {}): SkBuff {
  const skb = makeSkb(makeMemory(), { linear: 200, ...shape });
  skb.macHeader = skb.data;
  skb.networkHeader = skb.data + ETH_HLEN;
  skb.transportHeader = skb.networkHeader + 20;
  skb.protocol = ETH_P_IP;
  return skb;
}

describe("translation between IPv4 and IPv6", () => {
  test("moves the link header down by 20 bytes and leaves zeroes for the longer header", () => {
    const skb = frame({ gsoSize: 100, gsoType: SKB_GSO_TCPV4 });
    const link = bytesAt(skb, skb.data, ETH_HLEN);
    const transport = skb.transportHeader;
    expect(bpfSkbProto4To6(k, skb)).toBe(0);
    expect(skb.len).toBe(220);
    expect(bytesAt(skb, skb.data, ETH_HLEN)).toEqual(link);
    expect(bytesAt(skb, skb.data + ETH_HLEN, 20)).toEqual(new Uint8Array(20));
    expect(skb.macHeader).toBe(skb.data);
    expect(skb.networkHeader).toBe(skb.data + ETH_HLEN);
    expect(skb.transportHeader - skb.networkHeader).toBe(40);
    expect(skb.transportHeader).toBe(transport);
    expect(skb.protocol).toBe(ETH_P_IPV6);
  });

  test("gives the segmentation type of the other family and says that the headers are to be checked", () => {
    const skb = frame({ gsoSize: 100, gsoType: SKB_GSO_TCPV4 });
    bpfSkbProto4To6(k, skb);
    expect(skb.shinfo.gsoType).toBe(SKB_GSO_TCPV6 | SKB_GSO_DODGY);
    bpfSkbProto6To4(k, skb);
    expect(skb.shinfo.gsoType).toBe(SKB_GSO_TCPV4 | SKB_GSO_DODGY);
    expect(skb.len).toBe(200);
    expect(skb.networkHeaderLen).toBe(20);
    expect(skb.protocol).toBe(ETH_P_IP);
  });

  test("takes what it takes out of a sum over the whole packet", () => {
    const skb = frame();
    // The sum counts from the network header on.
    const sum = (): number =>
      csumFold(csumPartial(skb.mem.arena.bytes, skb.head.base + skb.data + ETH_HLEN, skb.len - ETH_HLEN, 0));
    skb.ipSummed = CHECKSUM_COMPLETE;
    skb.csum = ~sum() & 0xffff;
    expect([bpfSkbProto4To6(k, skb), csumFold(skb.csum)]).toEqual([0, sum()]);
    expect([bpfSkbProto6To4(k, skb), csumFold(skb.csum)]).toEqual([0, sum()]);
    expect([bpfSkbProto6To4(k, skb), csumFold(skb.csum), skb.len]).toEqual([0, sum(), 180]);
  });

  test("leaves a clone's shared info and bytes alone", () => {
    const skb = frame({ gsoSize: 100, gsoType: SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST, members: [{ linear: 100 }] });
    const clone = skbClone(skb) as SkBuff;
    const before = bytesAt(clone, clone.data, 200);
    expect(bpfSkbProto4To6(k, skb)).toBe(0);
    expect(clone.shinfo.gsoType).toBe(SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST);
    expect(bytesAt(clone, clone.data, 200)).toEqual(before);
    expect(skb.mem.reports).toEqual([]);
  });

  test.each([
    ["4 to 6", bpfSkbProto4To6],
    ["6 to 4", bpfSkbProto6To4],
  ])("%s of a shared packet without memory changes nothing", (_, translate) => {
    const skb = frame();
    skbClone(skb);
    failAllocations(skb.mem, 1);
    expect(translate(k, skb)).toBe(-ENOMEM);
    expect(skb.len).toBe(200);
    expect(skb.protocol).toBe(ETH_P_IP);
  });

  test("moves a transport header that was never told apart from the network header", () => {
    const skb = frame();
    skb.transportHeader = skb.networkHeader;
    bpfSkbProto4To6(k, skb);
    expect(skb.transportHeader).toBe(skb.networkHeader);
    bpfSkbProto6To4(k, skb);
    expect(skb.transportHeader).toBe(skb.networkHeader);
  });
});

describe("room for an outer header", () => {
  test("makes segments smaller by what the headers grew", () => {
    const skb = frame({ gsoSize: 100, gsoSegs: 2, gsoType: SKB_GSO_TCPV4 });
    expect(bpfSkbNetGrow(k, skb, 20, PLAIN)).toBe(0);
    expect(skb.shinfo.gsoSize).toBe(80);
    expect(skb.shinfo.gsoSegs).toBe(0);
    expect(skb.shinfo.gsoType).toBe(SKB_GSO_TCPV4 | SKB_GSO_DODGY);
    expect(skb.len).toBe(220);
  });

  test("flattens a list whose members may now be longer than a segment", () => {
    const skb = frame({ gsoSize: 100, gsoType: SKB_GSO_TCPV4, members: [{ linear: 100, headFrag: true }] });
    expect(bpfSkbNetGrow(k, skb, 20, PLAIN)).toBe(0);
    expect(skb.shinfo.fragList).toBeNull();
    expect(skb.isNonlinear).toBe(false);
  });

  test("fails with ENOMEM where the list cannot be flattened", () => {
    const skb = frame({ headroom: 128, gsoSize: 100, gsoType: SKB_GSO_TCPV4, members: [{ linear: 100 }] });
    failAllocations(skb.mem, 1);
    expect(bpfSkbNetGrow(k, skb, 20, PLAIN)).toBe(-ENOMEM);
  });

  test("keeps the list and the segment size where the program asks for that", () => {
    const skb = frame({ gsoSize: 100, gsoType: SKB_GSO_UDP_L4, members: [{ linear: 100 }] });
    expect(bpfSkbNetGrow(k, skb, 20, { fixedGso: true, encap: undefined })).toBe(0);
    expect(skb.shinfo.gsoSize).toBe(100);
    expect(skb.shinfo.fragList).not.toBeNull();
  });

  test("is refused for datagrams, whose size is what delimits them", () => {
    const skb = frame({ gsoSize: 100, gsoType: SKB_GSO_UDP_L4 });
    expect(bpfSkbNetGrow(k, skb, 20, PLAIN)).toBe(-ENOTSUPP);
    expect(skb.shinfo.gsoSize).toBe(100);
  });

  test.each([
    ["ipv4", SKB_GSO_IPXIP4, ETH_P_IP],
    ["ipv6", SKB_GSO_IPXIP6, ETH_P_IPV6],
  ] as const)("for an outer %s header makes the old headers the inner ones", (encap, type, protocol) => {
    const skb = frame({ gsoSize: 100, gsoType: SKB_GSO_TCPV4 });
    const { networkHeader, transportHeader } = skb;
    expect(bpfSkbNetGrow(k, skb, encap === "ipv4" ? 20 : 40, { fixedGso: true, encap })).toBe(0);
    expect(skb.encapsulation).toBe(true);
    expect(skb.innerNetworkHeader).toBe(networkHeader);
    expect(skb.innerTransportHeader).toBe(transportHeader);
    expect(skb.innerProtocol).toBe(ETH_P_IP);
    expect(skb.networkHeader).toBe(skb.data + ETH_HLEN);
    expect(skb.protocol).toBe(protocol);
    expect(skb.shinfo.gsoType).toBe(SKB_GSO_TCPV4 | SKB_GSO_DODGY | type);
  });

  test("is refused for a packet that is encapsulated already, and without memory", () => {
    const skb = frame();
    skb.encapsulation = true;
    expect(bpfSkbNetGrow(k, skb, 20, { fixedGso: true, encap: "ipv4" })).toBe(-EALREADY);
    const crowded = frame({ headroom: 0 });
    failAllocations(crowded.mem, 1);
    expect(bpfSkbNetGrow(k, crowded, 20, PLAIN)).toBe(-ENOMEM);
  });
});
