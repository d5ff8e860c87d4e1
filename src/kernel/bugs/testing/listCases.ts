/** Bugs of lists that receive offload made: what becomes of them on the way, and when they are taken apart. */
import {
  CHECKSUM_UNNECESSARY,
  NETIF_F_SG,
  SKB_GSO_FRAGLIST,
  SKB_GSO_TCPV4,
  SKB_GSO_UDP_L4,
} from "../../../abi/features.js";
import { concat } from "../../../bytes/concat.js";
import { Bridge } from "../../../net/bridge/Bridge.js";
import { brMulticastFlood } from "../../../net/bridge/brForward.js";
import { bpfSkbProto4To6 } from "../../../net/core/filter.js";
import { napiGroCb } from "../../../net/core/gro/napiGroCb.js";
import { skbGsoSegment } from "../../../net/core/gso.js";
import { netDevice } from "../../../net/core/NetDevice.js";
import {
  GroBench,
  piece,
  type TcpFrame,
  tcpFrame,
  type UdpFrame,
  udpFrame,
} from "../../../net/ipv4/testing/groFlows.js";
import { UdpSock } from "../../../net/ipv4/UdpSock.js";
import { udpRcv } from "../../../net/ipv4/udp.js";
import type { NetKernel } from "../../../net/NetKernel.js";
import { nfNatManipPkt } from "../../../net/netfilter/nat.js";
import { offloadsWithVlans } from "../../../net/offloads.js";
import { segmentsOf } from "../../../net/testing/nestedPackets.js";
import { headersLength, tcpHeaders, tcpList } from "../../../net/testing/tcpPackets.js";
import { putBytes, readU8, readU16 } from "../../../skb/bytes.js";
import { EINVAL } from "../../../skb/errno.js";
import { skbOrphan, skbSetOwnerW } from "../../../skb/owner.js";
import { pskbPullTailInner } from "../../../skb/pullTail.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { Sock } from "../../../skb/Sock.js";
import { faultOf, membersOf, shapeOf } from "../../../skb/testing/make.js";
import { asFrame, type BugCases } from "./bugCase.js";

const LIST = { groFraglist: true };
const MSS = 40;
/** An Ethernet, an IPv4 and a UDP header. */
const HEADERS = 14 + 20 + 8;

const datagram = (i: number, of: UdpFrame = {}): Uint8Array => udpFrame({ data: piece(MSS, i), ip: { id: i }, ...of });
const segment = (i: number, of: TcpFrame = {}): Uint8Array =>
  tcpFrame({ data: piece(MSS, i), seq: 5000 + i * MSS, ip: { id: i }, ...of });

/** What goes up once those frames have come in, `data` at the link header. */
function aggregateOf(k: NetKernel, frames: readonly Uint8Array[], prepare?: (skb: SkBuff) => void): SkBuff {
  const bench = new GroBench({ ...LIST, k });
  for (const frame of frames) bench.take(frame, {}, prepare);
  return asFrame(bench.flush()[0] as SkBuff);
}

const THREE = [0, 1, 2];
const listOf = (k: NetKernel, of: UdpFrame = {}): SkBuff =>
  aggregateOf(
    k,
    THREE.map((i) => datagram(i, of)),
  );

/** Source ports of the segments, after the source of the first was translated. */
function translatedPorts(k: NetKernel, ipv6: boolean): number[] {
  const skb = listOf(k, { ipv6 });
  const address = Uint8Array.from({ length: ipv6 ? 16 : 4 }, (_, i) => 9 + i);
  skb.data += 14;
  skb.len -= 14;
  nfNatManipPkt(k, skb, { isSource: true, address, port: 4444 });
  return segmentsOf(asFrame(skb), NETIF_F_SG, k).map((seg) => readU16(seg, seg.transportHeader));
}

/** The frame with a VLAN tag behind its addresses. */
const tagged = (frame: Uint8Array): Uint8Array =>
  concat([frame.subarray(0, 12), Uint8Array.of(0x81, 0, 0, 5), frame.subarray(12)]);

/** How far in front of their payload the members of a list of tagged packets have their network headers. */
function networkHeadersOf(k: NetKernel, frames: readonly Uint8Array[]): number[] {
  const withVlans = { ...k, offloads: { ...k.offloads, packetGro: offloadsWithVlans.packetGro } };
  return membersOf(aggregateOf(withVlans, frames.map(tagged))).map(({ data, networkHeader }) => data - networkHeader);
}

/** IP versions that the segments show, after a program translated the first of three packets to IPv6. */
function versionsOf(k: NetKernel): number[] {
  const skb = tcpList({}, [MSS, MSS, MSS], { gsoType: SKB_GSO_FRAGLIST });
  bpfSkbProto4To6(k, skb);
  putBytes(skb, skb.data, tcpHeaders({ family: "ipv6" }, 3 * MSS).subarray(0, 14 + 40));
  return segmentsOf(skb, NETIF_F_SG, k).map((seg) => readU8(seg, seg.macHeader + 14) >>> 4);
}

/** As `versionsOf`, for datagrams. */
function datagramVersionsOf(k: NetKernel): number[] {
  const skb = listOf(k);
  bpfSkbProto4To6(k, skb);
  putBytes(skb, skb.data, udpFrame({ ipv6: true, data: new Uint8Array(3 * MSS) }).subarray(0, 14 + 40));
  return segmentsOf(skb, NETIF_F_SG, k).map((seg) => readU8(seg, seg.macHeader + 14) >>> 4);
}

/** What two receivers of a multicast list get, each as unicast. */
function unicastCopies(k: NetKernel): number[] {
  const lengths: number[] = [];
  const startXmit = (skb: SkBuff): void => void lengths.push(skb.len - HEADERS);
  const device = (name: string) => netDevice(name, NETIF_F_SG, { startXmit });
  const bridge = new Bridge(device("br0"), new Uint8Array(6));
  const [from, to] = [bridge.addPort(device("in")), bridge.addPort(device("out"))];
  const ports = [1, 2].map((last) => ({ port: to, unicastTo: Uint8Array.of(2, 0, 0, 0, 0, last) }));
  const skb = listOf(k);
  skb.data += 14;
  skb.len -= 14;
  brMulticastFlood(k, skb, { bridge, from, group: { hostJoined: false, ports } }, false);
  return lengths;
}

export const listCases: BugCases = {
  "fraglist-pulled-tcp": [
    (k) => {
      const skb = tcpList({}, [100, 100], { gsoType: SKB_GSO_FRAGLIST });
      pskbPullTailInner(skb, 20);
      return segmentsOf(skb, NETIF_F_SG, k).map((seg) => seg.len - headersLength({}));
    },
    [100, 100],
    [120, 100],
  ],
  "fraglist-xlat-not-dodgy": [
    (k) => ({ tcp: versionsOf(k), udp: datagramVersionsOf(k) }),
    { tcp: [6, 6, 6], udp: [6, 6, 6] },
    { tcp: [6, 4, 4], udp: [6, 4, 4] },
  ],
  "fraglist-nat4-udp-stale": [(k) => translatedPorts(k, false), [4444, 4444, 4444], [4444, 1000, 1000]],
  "fraglist-nat6-udp-stale": [(k) => translatedPorts(k, true), [4444, 4444, 4444], [4444, 1000, 1000]],
  "fraglist-nethdr-unset": [
    (k) => ({
      udp: networkHeadersOf(
        k,
        THREE.map((i) => datagram(i)),
      ),
      tcp: networkHeadersOf(
        k,
        THREE.map((i) => segment(i)),
      ),
    }),
    { udp: [28, 28], tcp: [40, 40] },
    // The tag was taken for the IP header.
    { udp: [32, 32], tcp: [44, 44] },
  ],
  "fraglist-csum-start-check": [(k) => skbGsoSegment(k, listOf(k), NETIF_F_SG) === -EINVAL, false, true],
  "bridge-mc2uc-full-copy": [
    (k) => {
      let lengths: number[] = [];
      const fault = faultOf(() => {
        lengths = unicastCopies(k);
      });
      return { fault, lengths };
    },
    { fault: "", lengths: [MSS, MSS, MSS, MSS, MSS, MSS] },
    { fault: "NULLDEREF(list-second)", lengths: [] },
  ],
  "fraglist-delivered-unsegmented": [
    (k) => {
      const options = { acceptsL4: true, acceptsFraglist: false, convertsChecksum: false, filters: false };
      const sk = new UdpSock("UDP_GRO", options);
      const skb = listOf(k);
      skb.data += 14;
      skb.len -= 14;
      udpRcv(k, skb, [sk], false);
      return sk.receiveQueue.map(({ len }) => len);
    },
    [MSS, MSS, MSS],
    [3 * MSS],
  ],
  "gro-merge-keeps-sk": [
    (k) => {
      const sender = new Sock("sender");
      const skb = aggregateOf(
        k,
        THREE.map((i) => datagram(i)),
        (one) => skbSetOwnerW(one, sender),
      );
      const [, second] = segmentsOf(skb, NETIF_F_SG, k) as [SkBuff, SkBuff];
      return faultOf(() => skbOrphan(second));
    },
    "",
    "BUG(orphan)",
  ],
  "gro-list-ignores-flush": [
    (k) => {
      const bench = new GroBench({ ...LIST, k });
      const verified = (skb: SkBuff): void => {
        skb.ipSummed = CHECKSUM_UNNECESSARY;
      };
      bench.take(datagram(0), {}, verified);
      // Two datagrams of which somebody made one packet already.
      const verdict = bench.take(datagram(1), {}, (skb) => {
        verified(skb);
        Object.assign(skb.shinfo, { gsoSize: MSS / 2, gsoSegs: 2, gsoType: SKB_GSO_UDP_L4 });
      });
      return { verdict, members: [...bench.held, ...bench.delivered].flatMap(membersOf).length };
    },
    { verdict: "NORMAL", members: 0 },
    { verdict: "MERGED", members: 1 },
  ],
  "gro-list-nests-gso": [
    (k) => {
      const bench = new GroBench({ ...LIST, k });
      bench.take(segment(0));
      bench.take(segment(1), { headFrag: true });
      bench.take(segment(2, { data: concat([piece(MSS, 2), piece(MSS, 3)]) }), {}, (skb) => {
        Object.assign(skb.shinfo, { gsoSize: MSS, gsoSegs: 2, gsoType: SKB_GSO_TCPV4 });
      });
      return [...bench.delivered, ...bench.held].map((skb) => [napiGroCb(skb).isFlist, shapeOf(skb)]);
    },
    [
      [true, `linear ${40 + MSS} | list [linear ${MSS}]`],
      [false, `linear ${40 + 2 * MSS}`],
    ],
    [[true, `linear ${40 + MSS} | list [linear ${MSS}, linear ${2 * MSS}]`]],
  ],
};
