/** Bugs of packets inside packets, of IPv6 output, and of SCTP under address translation. */
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  GSO_BY_FRAGS,
  NETIF_F_GSO_IPXIP4,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_SCTP_CRC,
  NETIF_F_SG,
  SKB_GSO_GRE_CSUM,
  SKB_GSO_IPXIP4,
  SKB_GSO_SCTP,
  SKB_GSO_UDP_L4,
} from "../../../abi/features.js";
import { fromHex } from "../../../bytes/hexdump.js";
import { skbGsoSegment } from "../../../net/core/gso.js";
import { ip6LocalOut } from "../../../net/ipv6/ip6Output.js";
import type { NetKernel } from "../../../net/NetKernel.js";
import { nfNatManipPkt } from "../../../net/netfilter/nat.js";
import {
  DATA,
  deviceOf,
  ethernet,
  gre,
  ipv4,
  type Layer,
  mpls,
  nestedSkb,
  nsh,
  packet,
  segmentsOf,
  slowSum,
  udp,
} from "../../../net/testing/nestedPackets.js";
import { arriving, makePartial, makeRouter } from "../../../net/testing/router.js";
import { putBytes, readU32 } from "../../../skb/bytes.js";
import { EINVAL } from "../../../skb/errno.js";
import { skbPullInner } from "../../../skb/pushPull.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { faultOf, flatten, makeMemory, makeSkb, payload } from "../../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_MPLS_UC } from "../../../wire/ethernet.js";
import { ETH_P_NSH } from "../../../wire/nsh.js";
import type { BugCases } from "./bugCase.js";

const SIZE = 100;
const HW = NETIF_F_SG | NETIF_F_HW_CSUM;
const DATAGRAMS = { gsoSize: SIZE, gsoType: SKB_GSO_UDP_L4 };

/** A UDP packet inside that many IPv4 headers. */
function inIpv4(depth: number, features: number): SkBuff {
  const headers = Array.from({ length: depth }, () => ipv4(4));
  const transport = 14 + 20 * (depth + 1);
  const inner = transport - 20;
  return nestedSkb(
    packet([ethernet(ETH_P_IP), ...headers, ipv4(17, "pseudo"), udp(1, 2)], DATA),
    {
      network: 14,
      transport: 34,
      innerMac: inner,
      innerNetwork: inner,
      innerTransport: transport,
      csum: [transport, 6],
    },
    { ...DATAGRAMS, gsoType: SKB_GSO_UDP_L4 | SKB_GSO_IPXIP4 },
    deviceOf({ features, hwEncFeatures: features }),
  );
}

/** UDP over IPv4 behind those headers; `labels` bytes of it are MPLS. */
function served(outer: readonly Layer[], more: Partial<Parameters<typeof nestedSkb>[1]> = {}): SkBuff {
  const frame = packet([...outer, ipv4(17, "pseudo"), udp(1, 2)], DATA);
  const transport = frame.length - DATA.length - 8;
  return nestedSkb(
    frame,
    { network: 14, transport, csum: [transport, 6], encapsulation: false, ...more },
    DATAGRAMS,
    deviceOf({ features: HW, mplsFeatures: HW }),
  );
}

const CHUNKS = [40, 60];

/** SCTP messages to be cut, behind those layers; the transport header is the last thing in the head. */
function sctpSkb(layers: readonly Layer[], gsoType: number): SkBuff {
  const head = packet([...layers, ipv4(132)], fromHex("03e807d0aabbccdd00000000"));
  const members = CHUNKS.map((linear) => ({ linear }));
  const skb = makeSkb(makeMemory("identity", 1 << 20), { linear: head.length, members });
  putBytes(skb, skb.data, head);
  skb.protocol = ETH_P_IP;
  skb.macHeader = skb.data;
  skb.networkHeader = skb.data + 14;
  skb.shinfo.gsoSize = GSO_BY_FRAGS;
  skb.shinfo.gsoType = gsoType;
  return skb;
}

/** With the CRC left to the device, inside GRE with a checksum. */
function sctpInGre(): SkBuff {
  const skb = sctpSkb(
    [ethernet(ETH_P_IP), ipv4(47), gre({ proto: ETH_P_IP, check: 0 })],
    SKB_GSO_SCTP | SKB_GSO_GRE_CSUM,
  );
  skb.transportHeader = skb.data + 34;
  skb.innerMacHeader = skb.innerNetworkHeader = skb.data + 42;
  skb.innerTransportHeader = skb.data + 62;
  skb.innerProtocol = ETH_P_IP;
  skb.encapsulation = true;
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumNotInet = true;
  [skb.csumStart, skb.csumOffset] = [skb.innerTransportHeader, 8];
  const features = NETIF_F_SG | NETIF_F_SCTP_CRC;
  skb.dev = deviceOf({ features, hwEncFeatures: features });
  return skb;
}

/** What leaves for a next hop with an MTU of 1280, as lengths of IPv6 packets. */
function leaving(k: NetKernel): number[] {
  const router = makeRouter({ mtu: 1280 });
  const skb = arriving(router, { family: "ipv6", data: payload(3000, 7) });
  Object.assign(skb.shinfo, { gsoSize: 1400, gsoSegs: 3, gsoType: SKB_GSO_UDP_L4 });
  const transport = skb.networkHeader + 40;
  const pseudo = slowSum(flatten(skb).subarray(8, 40), 17 + skb.len - 40);
  makePartial(skb, transport, pseudo);
  skb.ignoreDf = true;
  ip6LocalOut(k, router.net, skb);
  return router.b.frames.map((frame) => frame.length - 14);
}

const tag: Layer = (inside) => Uint8Array.from([0, 7, ETH_P_NSH >>> 8, ETH_P_NSH & 0xff, ...inside]);

export const tunnelCases: BugCases = {
  "ipip-null-segs-network-header": [
    (k) => {
      const whole = HW | NETIF_F_GSO_UDP_L4 | NETIF_F_GSO_IPXIP4;
      const skb = inIpv4(1, whole);
      const segs = skbGsoSegment(k, skb, whole);
      return { segs, networkHeader: skb.networkHeader - skb.data };
    },
    { segs: null, networkHeader: 14 },
    { segs: null, networkHeader: 34 },
  ],
  "ipip-gso-recursion": [
    (k) => {
      const deep = (depth: number) => {
        let result: unknown;
        const fault = faultOf(() => {
          result = skbGsoSegment(k, inIpv4(depth, NETIF_F_SG), NETIF_F_SG);
        });
        return fault === "" ? (result === -EINVAL ? "refused" : "cut") : fault;
      };
      return [4, 5, 119, 120].map(deep);
    },
    ["cut", "refused", "refused", "refused"],
    ["cut", "cut", "cut", "PANIC(gso-stack)"],
  ],
  "nsh-unwind-mac": [
    (k) => {
      // Behind the labels there is something that nobody knows, so that the inner handler fails.
      const skb = served([ethernet(ETH_P_NSH), nsh(5), mpls(1, 2)], { innerNetwork: 30, innerProtocol: 0x1234 });
      const at = skb.data;
      skbGsoSegment(k, skb, HW);
      return { mac: skb.macHeader - at, data: skb.data - at };
    },
    { mac: 0, data: 0 },
    { mac: 8, data: 8 },
  ],
  "nsh-outer-restore": [
    (k) => {
      const skb = served([ethernet(0x8100), tag, nsh(1)], { network: 18 });
      skb.protocol = 0x8100;
      const outer = flatten(skb).slice(0, 18);
      return segmentsOf(skb, HW, k).map((seg) => outer.every((byte, i) => flatten(seg)[i] === byte));
    },
    [true, true, true],
    [false, false, false],
  ],
  "mpls-zero-hlen-loop": [
    (k) => {
      const skb = served([ethernet(ETH_P_MPLS_UC), mpls(16)], { innerNetwork: 14, innerProtocol: ETH_P_MPLS_UC });
      let result: unknown;
      const fault = faultOf(() => {
        result = skbGsoSegment(k, skb, HW);
      });
      return fault || result;
    },
    -EINVAL,
    "STALL(mpls-no-progress)",
  ],
  "gre-csum-sctp": [
    (k) => {
      const segs = segmentsOf(sctpInGre(), NETIF_F_SG | NETIF_F_SCTP_CRC, k);
      return segs.map((seg) => [seg.ipSummed === CHECKSUM_NONE, slowSum(flatten(seg).subarray(34)) === 0xffff]);
    },
    [
      [true, true],
      [true, true],
    ],
    [
      [false, false],
      [false, false],
    ],
  ],
  "ipvs-sctp-gso-csum": [
    (k) => {
      const skb = sctpSkb([ethernet(ETH_P_IP)], SKB_GSO_SCTP);
      skb.transportHeader = skb.data + 34;
      skbPullInner(skb, 14);
      nfNatManipPkt(k, skb, { isSource: true, address: Uint8Array.of(9, 9, 9, 9), port: 4444 });
      return readU32(skb, skb.transportHeader + 8) === 0 ? "left to each segment" : "computed over all";
    },
    "left to each segment",
    "computed over all",
  ],
  "ipv6-gso-mtu-unchecked": [
    leaving,
    // Each datagram of 1448 bytes in two fragments, and the last one as it is.
    [1280, 224, 1280, 224, 248],
    [1448, 1448, 248],
  ],
};
