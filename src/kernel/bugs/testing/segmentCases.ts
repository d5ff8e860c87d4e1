/** Bugs of the generic splitter, of what leads to it, and of what decides whether a device takes a packet whole. */
import {
  CHECKSUM_NONE,
  CHECKSUM_UNNECESSARY,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SG,
  NETIF_F_TSO,
  NETIF_F_TSO_MANGLEID,
  NETIF_F_TSO6,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
} from "../../../abi/features.js";
import { netifSkbFeatures } from "../../../net/core/dev.js";
import { bpfSkbNetGrow } from "../../../net/core/filter.js";
import { skbGroReceive } from "../../../net/core/gro/merge.js";
import { NapiGroCb } from "../../../net/core/gro/napiGroCb.js";
import { skbGsoSegment } from "../../../net/core/gso.js";
import { type NetDevice, netDevice } from "../../../net/core/NetDevice.js";
import { skbSegment } from "../../../net/core/skbSegment.js";
import { GroBench, piece, tcpFrame } from "../../../net/ipv4/testing/groFlows.js";
import type { NetKernel } from "../../../net/NetKernel.js";
import { headersLength, type TcpFields, tcpStream } from "../../../net/testing/tcpPackets.js";
import { putBytes } from "../../../skb/bytes.js";
import { EINVAL } from "../../../skb/errno.js";
import { kfreeSkb } from "../../../skb/free.js";
import { skbPullInner } from "../../../skb/pushPull.js";
import { SKBFL_SHARED_FRAG } from "../../../skb/SharedInfo.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import {
  chain,
  faultOf,
  giveZerocopyOwner,
  makeMemory,
  membersOf,
  reportsOf,
  type Shape,
} from "../../../skb/testing/make.js";
import { asFrame, type BugCases } from "./bugCase.js";

const HW = NETIF_F_SG | NETIF_F_HW_CSUM;
const HEADERS = headersLength({});

/** The segments of a packet whose payload begins behind `headers` bytes. */
function cut(k: NetKernel, skb: SkBuff, headers = HEADERS): SkBuff[] {
  skbPullInner(skb, headers);
  return chain(skbSegment(k, skb, HW) as SkBuff);
}

const deviceOf = (features: number, own: Partial<NetDevice> = {}): NetDevice =>
  netDevice("nic", features, { startXmit: () => {}, hwEncFeatures: -1, ...own });

/** What is left of `wanted` for the packet on a device that declares all of it. */
const featuresFor = (k: NetKernel, skb: SkBuff, wanted: number): number =>
  netifSkbFeatures(k, skb, deviceOf(wanted)) & wanted;

/** The mark on what a fragment that others may write to ends up in. */
const isMarked = (skb: SkBuff): boolean => (skb.shinfo.flags & SKBFL_SHARED_FRAG) !== 0;

function segmentsOfMarkedMember(k: NetKernel): boolean[] {
  const skb = tcpStream({}, { linear: 10, members: [{ frags: [10, 10] }], gsoSize: 10 });
  for (const member of membersOf(skb)) member.shinfo.flags = SKBFL_SHARED_FRAG;
  return cut(k, skb).map(isMarked);
}

function mergedWithMarked(k: NetKernel): boolean {
  const mem = makeMemory();
  const parsed = (shape: Shape): SkBuff => {
    const skb = tcpStream({}, { ...shape, gsoSize: 10 }, mem);
    const cb = new NapiGroCb(skb);
    cb.dataOffset = HEADERS;
    skb.cb = cb;
    skb.dev = deviceOf(0);
    return skb;
  };
  const p = parsed({ linear: 10 });
  const skb = parsed({ frags: [10] });
  skb.shinfo.flags = SKBFL_SHARED_FRAG;
  skbGroReceive(k, p, skb);
  return isMarked(p);
}

function copiedForAddress(k: NetKernel): boolean {
  const skb = tcpStream({}, { frags: [10] });
  skb.shinfo.flags = SKBFL_SHARED_FRAG;
  skbPullInner(skb, 14);
  return isMarked(k.brForward.copyForAddress(skb) as SkBuff);
}

/** The packet with IPv6 TSO inside a tunnel whose outer header is bare; the inner next header says what follows. */
function tunnelled(outer: TcpFields["family"], nexthdr: number): SkBuff {
  const skb = tcpStream({ family: "ipv6" }, { linear: 30, gsoSize: 10, gsoType: SKB_GSO_TCPV6 });
  putBytes(skb, skb.networkHeader + 6, Uint8Array.of(nexthdr));
  skb.encapsulation = true;
  skb.innerNetworkHeader = skb.networkHeader;
  skb.innerTransportHeader = skb.transportHeader;
  // The outer headers would lie in front of `data`; nobody reads more of them than their lengths.
  skb.transportHeader = skb.innerNetworkHeader;
  skb.networkHeader = skb.transportHeader - (outer === "ipv6" ? 40 : 20);
  skb.protocol = outer === "ipv6" ? 0x86dd : 0x0800;
  return skb;
}

export const segmentCases: BugCases = {
  "bpf-grow-fraglist": [
    (k) => {
      // 2250 bytes end on a boundary of 75, and the member behind them is longer than that.
      const frags = Array<number>(17).fill(125);
      const members = [{ linear: 125, headFrag: true }];
      const skb = tcpStream({}, { linear: 125, frags, members, gsoSize: 125 }, makeMemory("identity", 1 << 18));
      bpfSkbNetGrow(k, skb, 50, { fixedGso: false, encap: undefined });
      return faultOf(() => cut(k, skb, HEADERS + 50));
    },
    "",
    "BUG(list-head-too-long)",
  ],
  "gro-chain-oversize-linear": [
    (k) => {
      const bench = new GroBench({ k });
      const segment = (from: number, size: number) =>
        tcpFrame({ data: piece(size, from / size), seq: 5000 + from, ip: { id: from } });
      bench.take(segment(0, 40));
      // Three segments in a buffer that is no page.
      bench.take(tcpFrame({ data: piece(40, 1), seq: 5040, ip: { id: 1 } }), { headFrag: true });
      bench.take(tcpFrame({ data: new Uint8Array(120).fill(7), seq: 5080, ip: { id: 2 } }), {}, (skb) => {
        Object.assign(skb.shinfo, { gsoSize: 40, gsoSegs: 3, gsoType: SKB_GSO_TCPV4 });
        skb.ipSummed = CHECKSUM_UNNECESSARY;
      });
      return faultOf(() => {
        for (const skb of bench.flush()) skbGsoSegment(k, asFrame(skb), NETIF_F_SG);
      });
    },
    "",
    "BUG(list-head-too-long)",
  ],
  "segment-frags-not-orphaned": [
    (k) => {
      const skb = tcpStream({}, { frags: [10, 10], gsoSize: 10 });
      const owner = giveZerocopyOwner(skb, "do-not-orphan");
      const segs = cut(k, skb);
      kfreeSkb(skb);
      return { segments: segs.length, isToldTooEarly: owner.refs === 0 };
    },
    { segments: 2, isToldTooEarly: false },
    { segments: 2, isToldTooEarly: true },
  ],
  "shared-frag-flag-lost-on-transfer": [
    (k) => ({ cut: segmentsOfMarkedMember(k), merged: mergedWithMarked(k), copied: copiedForAddress(k) }),
    { cut: [false, true, true], merged: true, copied: true },
    { cut: [false, false, false], merged: false, copied: false },
  ],
  "frag-list-of-frags": [
    (k) => {
      const skb = tcpStream({}, { linear: 10, members: [{ linear: 10, headFrag: true, frags: [10] }], gsoSize: 10 });
      return faultOf(() => cut(k, skb));
    },
    "",
    "BUG(member-no-segment)",
  ],
  "warn-bad-offload-on-err": [
    (k) => {
      // A type of the other family.
      const skb = tcpStream({}, { linear: 30, gsoSize: 10, gsoType: SKB_GSO_TCPV6 });
      skb.ipSummed = CHECKSUM_NONE;
      const err = skbGsoSegment(k, skb, NETIF_F_SG);
      return { err, warnings: skb.mem.warnings.map(({ id }) => id) };
    },
    { err: -EINVAL, warnings: [] },
    { err: -EINVAL, warnings: ["bad-offload"] },
  ],
  "gso-features-unpulled-iphdr": [
    (k) => {
      const skb = tcpStream({}, { linear: 30, gsoSize: 10, gsoType: SKB_GSO_TCPV4 });
      // Everything behind the link header lies elsewhere.
      skb.tail = skb.networkHeader;
      skb.len = 14;
      featuresFor(k, skb, HW | NETIF_F_TSO | NETIF_F_TSO_MANGLEID);
      return reportsOf(skb.mem);
    },
    [],
    ["out-of-bounds linear bytes"],
  ],
  "gso-max-size-unchecked": [
    (k) => {
      const skb = tcpStream({}, { linear: 30, frags: [70_000], gsoSize: 1000 }, makeMemory("identity", 1 << 18));
      return featuresFor(k, skb, HW | NETIF_F_TSO) & NETIF_F_TSO ? "whole" : "segmented";
    },
    "segmented",
    "whole",
  ],
  "ipv6-ext-inner": [
    (k) => {
      const wanted = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_TSO6;
      const kept = (skb: SkBuff) => (featuresFor(k, skb, wanted) & NETIF_F_TSO6 ? "whole" : "segmented");
      return { "extension inside": kept(tunnelled("ipv6", 60)), "none, over IPv4": kept(tunnelled("ipv4", 6)) };
    },
    { "extension inside": "segmented", "none, over IPv4": "whole" },
    { "extension inside": "whole", "none, over IPv4": "segmented" },
  ],
};
