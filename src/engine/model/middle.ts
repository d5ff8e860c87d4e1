/**
 * What middleboxes do to a packet while it has one owner, each as a careful one does it: programs that translate between
 * families or make room, a tunnel device, a router's hop, translation of addresses.
 */
import { SKB_GSO_DODGY, SKB_GSO_IPXIP4 } from "../../abi/features.js";
import { csumPartial, csumSub } from "../../bytes/checksum.js";
import { bpfSkbNetGrow, bpfSkbProto4To6, bpfSkbProto6To4 } from "../../net/core/filter.js";
import { inetProtoCsumReplaceByDiff } from "../../net/core/protoCsum.js";
import { ipDecreaseTtl, skbForwardCsum } from "../../net/ipv4/ipForward.js";
import { iptunnelHandleOffloads, skbScrubPacket } from "../../net/ipv4/ipTunnel.js";
import { nfNatManipPkt } from "../../net/netfilter/nat.js";
import type { MiddleRecipe } from "../../recipe/Recipe.js";
import { bytesAt, putBytes, readU8, readU16, writeU8, writeU16 } from "../../skb/bytes.js";
import { skbPostpullRcsum, skbPostpushRcsum } from "../../skb/checksumHelp.js";
import { skbClone } from "../../skb/clone.js";
import { ENOMEM, type Errno, errnoName } from "../../skb/errno.js";
import { skbCow, skbCowHead, skbUnclone } from "../../skb/expand.js";
import { skbOrphan } from "../../skb/owner.js";
import { pskbMayPull, skbLinearize } from "../../skb/pullTail.js";
import { skbPullInner, skbPush, skbResetMacLen } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { emitIpv4, IP_DF, IPV4_HLEN, IPV4_PROTOCOL, IPV4_SADDR, IPV4_TOS, IPV4_TTL } from "../../wire/ipv4.js";
import { emitIpv6, IPV6_FLOW, IPV6_HLEN, IPV6_HOP_LIMIT, IPV6_NEXTHDR, IPV6_SADDR } from "../../wire/ipv6.js";
import { IPPROTO_TCP, TCP_CHECK, TCP_HLEN } from "../../wire/tcp.js";
import { IPPROTO_UDP, UDP_CHECK, UDP_HLEN } from "../../wire/udp.js";
import { ADDRESSES, PORTS } from "./addresses.js";
import { headersBehindData } from "./buildPacket.js";
import type { World } from "./World.js";

/** The step had nothing to do it to, as a program finds that looks at the packet first. */
const NOT_APPLICABLE = "not applicable";
const NO_OPTIONS = new Uint8Array(0);
const IPPROTO_IPIP = 4;
const IPPROTO_IPV6 = 41;

/** Does one step; `ok`, the name of an errno, or why there was nothing to do. The packet stays the caller's. */
export function doMiddleStep(world: World, skb: SkBuff, step: MiddleRecipe): string {
  const result = apply(world, skb, step);
  return typeof result === "string" ? result : result === 0 ? "ok" : errnoName(result);
}

function apply(world: World, skb: SkBuff, { do: what, bytes }: MiddleRecipe): Errno | string {
  switch (what) {
    case "pull":
      return pskbMayPull(skb, Math.min(skb.len, headersBehindData(skb) + bytes)) ? 0 : -ENOMEM;
    case "linearize":
      return skbLinearize(skb) ? 0 : -ENOMEM;
    case "unclone":
      return skbUnclone(skb);
    case "clone": {
      const clone = skbClone(skb);
      if (clone === null) return -ENOMEM;
      world.kept.push(clone);
      return 0;
    }
    case "nat-source":
    case "nat-destination":
      return translateAddresses(world, skb, what === "nat-source");
    case "translate":
      return translateFamily(world, skb);
    case "adjust-room":
    case "adjust-room-fixed":
      return makeRoom(world, skb, what === "adjust-room-fixed");
    case "decrement-hop-limit":
      return hop(skb);
    case "encapsulate":
      return encapsulate(skb);
    case "mark-dodgy": {
      const err = skbCow(skb, skb.headroom);
      if (err === 0 && skb.shinfo.gsoSize !== 0) skb.shinfo.gsoType |= SKB_GSO_DODGY;
      return err;
    }
  }
}

const isIpv4 = (skb: SkBuff): boolean => skb.protocol === ETH_P_IP;
const isIp = (skb: SkBuff): boolean => isIpv4(skb) || skb.protocol === ETH_P_IPV6;

/** IP behind a link header without tags, and not in a tunnel yet. */
const isPlain = (skb: SkBuff): boolean =>
  isIp(skb) && skb.networkHeader - skb.macHeader === ETH_HLEN && !skb.encapsulation;

/** The transport checksum field, as an offset from head, of a packet that has one to adjust. */
function checksumField(skb: SkBuff, proto: number): number | undefined {
  if (proto === IPPROTO_TCP) return skb.transportHeader + TCP_CHECK;
  if (readU16(skb, skb.transportHeader + UDP_CHECK) === 0) return undefined;
  return skb.transportHeader + UDP_CHECK;
}

/** As netfilter does it: in the first header of an aggregate, with the checksums kept right. */
export function translateAddresses(world: World, skb: SkBuff, isSource: boolean): Errno | string {
  if (!isIp(skb)) return NOT_APPLICABLE;
  const addresses = isIpv4(skb) ? ADDRESSES.ipv4 : ADDRESSES.ipv6;
  const change = isSource
    ? { isSource, address: addresses.otherSource, port: PORTS.otherSource }
    : { isSource, address: addresses.otherDestination, port: PORTS.otherDestination };
  return nfNatManipPkt(world.kernel, skb, change) ? 0 : -ENOMEM;
}

/**
 * Stateless translation between the families by a packet filter program: the helper makes the room, the program writes
 * the header and adjusts the transport checksum. It leaves alone what has options or extension headers, datagrams
 * without a checksum and what is encapsulated.
 */
function translateFamily(world: World, skb: SkBuff): Errno | string {
  const toIpv6 = isIpv4(skb);
  const headerLen = toIpv6 ? IPV4_HLEN : IPV6_HLEN;
  if (!isPlain(skb) || skb.networkHeaderLen !== headerLen) return NOT_APPLICABLE;
  // bpf_skb_pull_data: a tap leaves the headers of a long packet in its page fragments.
  if (!pskbMayPull(skb, headerLen)) return -ENOMEM;
  const old = bytesAt(skb, skb.networkHeader, headerLen);
  const proto = old[toIpv6 ? IPV4_PROTOCOL : IPV6_NEXTHDR] as number;
  if (proto !== IPPROTO_TCP && proto !== IPPROTO_UDP) return NOT_APPLICABLE;
  if (!pskbMayPull(skb, headerLen + (proto === IPPROTO_TCP ? TCP_HLEN : UDP_HLEN))) return -ENOMEM;
  const field = checksumField(skb, proto);
  if (field === undefined) return NOT_APPLICABLE;

  skbPush(skb, ETH_HLEN);
  const transport = skb.transportHeader - skb.data;
  const err = toIpv6 ? bpfSkbProto4To6(world.kernel, skb) : bpfSkbProto6To4(world.kernel, skb);
  if (err !== 0) {
    skbPullInner(skb, ETH_HLEN);
    return err;
  }
  skb.transportHeader = skb.data + transport + (toIpv6 ? IPV6_HLEN - IPV4_HLEN : IPV4_HLEN - IPV6_HLEN);
  const header = toIpv6 ? ipv6From(old, skb) : ipv4From(old, skb);
  storeBytes(skb, skb.networkHeader, header);
  writeU16(skb, skb.networkHeader - 2, toIpv6 ? ETH_P_IPV6 : ETH_P_IP);
  const sumOf = (bytes: Uint8Array, isV6: boolean): number =>
    isV6 ? csumPartial(bytes, IPV6_SADDR, 32, 0) : csumPartial(bytes, IPV4_SADDR, 8, 0);
  const diff = csumSub(sumOf(header, toIpv6), sumOf(old, !toIpv6));
  const at = skb.transportHeader + (proto === IPPROTO_TCP ? TCP_CHECK : UDP_CHECK);
  inetProtoCsumReplaceByDiff(skb, at, diff, true, false);
  if (proto === IPPROTO_UDP && readU16(skb, at) === 0) writeU16(skb, at, 0xffff);
  skbPullInner(skb, ETH_HLEN);
  skbResetMacLen(skb);
  return 0;
}

/** Into a header, and into a sum over the whole packet. @kernel bpf_skb_store_bytes with BPF_F_RECOMPUTE_CSUM */
function storeBytes(skb: SkBuff, at: number, bytes: Uint8Array): void {
  skbPostpullRcsum(skb, at, bytes.length);
  putBytes(skb, at, bytes);
  skbPostpushRcsum(skb, at, bytes.length);
}

function ipv6From(old: Uint8Array, skb: SkBuff): Uint8Array {
  const out = new Uint8Array(IPV6_HLEN);
  emitIpv6(out, 0, {
    trafficClass: old[IPV4_TOS] as number,
    flowLabel: 0,
    payloadLen: (skb.len - ETH_HLEN - IPV6_HLEN) & 0xffff,
    nexthdr: old[IPV4_PROTOCOL] as number,
    hopLimit: old[IPV4_TTL] as number,
    saddr: ADDRESSES.ipv6.source,
    daddr: ADDRESSES.ipv6.host,
  });
  return out;
}

function ipv4From(old: Uint8Array, skb: SkBuff): Uint8Array {
  const out = new Uint8Array(IPV4_HLEN);
  emitIpv4(out, 0, {
    tos: (((old[IPV6_FLOW] as number) & 0xf) << 4) | ((old[IPV6_FLOW + 1] as number) >>> 4),
    totLen: (skb.len - ETH_HLEN) & 0xffff,
    id: 0,
    fragOff: IP_DF,
    ttl: old[IPV6_HOP_LIMIT] as number,
    protocol: old[IPV6_NEXTHDR] as number,
    saddr: ADDRESSES.ipv4.source,
    daddr: ADDRESSES.ipv4.host,
    options: NO_OPTIONS,
  });
  return out;
}

/** A program that puts an IPv4 header in front: bpf_skb_adjust_room with the flags for it, then the header's bytes. */
function makeRoom(world: World, skb: SkBuff, fixedGso: boolean): Errno | string {
  if (!isPlain(skb)) return NOT_APPLICABLE;
  const proto = isIpv4(skb) ? IPPROTO_IPIP : IPPROTO_IPV6;
  const gsoSize = skb.shinfo.gsoSize;
  if (!fixedGso && gsoSize !== 0 && gsoSize <= IPV4_HLEN) return NOT_APPLICABLE;
  skbPush(skb, ETH_HLEN);
  const err = bpfSkbNetGrow(world.kernel, skb, IPV4_HLEN, { fixedGso, encap: "ipv4" });
  if (err === 0) {
    writeOuter(skb, skb.len - ETH_HLEN, proto);
    writeU16(skb, skb.networkHeader - 2, ETH_P_IP);
  }
  skbPullInner(skb, ETH_HLEN);
  skbResetMacLen(skb);
  return err;
}

/** As an IP tunnel device and the neighbour behind it: new outer header, new link header. */
function encapsulate(skb: SkBuff): Errno | string {
  if (!isPlain(skb)) return NOT_APPLICABLE;
  const link = bytesAt(skb, skb.macHeader, ETH_HLEN);
  const proto = isIpv4(skb) ? IPPROTO_IPIP : IPPROTO_IPV6;
  const err = skbCowHead(skb, IPV4_HLEN + 2 * ETH_HLEN) || iptunnelHandleOffloads(skb, SKB_GSO_IPXIP4);
  if (err !== 0) return err;
  skbScrubPacket(skb);
  skbOrphan(skb);
  skb.innerProtocol = proto;
  skb.innerProtocolIsIp = true;
  skbPush(skb, IPV4_HLEN);
  skb.networkHeader = skb.data;
  writeOuter(skb, skb.len, proto);
  skb.protocol = ETH_P_IP;
  skbPush(skb, ETH_HLEN);
  skb.macHeader = skb.data;
  putBytes(skb, skb.data, link);
  writeU16(skb, skb.networkHeader - 2, ETH_P_IP);
  skbPullInner(skb, ETH_HLEN);
  skbResetMacLen(skb);
  return 0;
}

function writeOuter(skb: SkBuff, totLen: number, protocol: number): void {
  const out = new Uint8Array(IPV4_HLEN);
  emitIpv4(out, 0, {
    tos: 0,
    totLen: totLen & 0xffff,
    id: 0,
    fragOff: 0,
    ttl: 64,
    protocol,
    saddr: ADDRESSES.ipv4.otherSource,
    daddr: ADDRESSES.ipv4.otherDestination,
    options: NO_OPTIONS,
  });
  putBytes(skb, skb.networkHeader, out);
}

/** A router's share of the work on the header. */
function hop(skb: SkBuff): Errno | string {
  const at = isIpv4(skb) ? IPV4_TTL : IPV6_HOP_LIMIT;
  if (!isIp(skb)) return NOT_APPLICABLE;
  // As ip_rcv and ip6_rcv do.
  if (!pskbMayPull(skb, isIpv4(skb) ? IPV4_HLEN : IPV6_HLEN)) return -ENOMEM;
  if (readU8(skb, skb.networkHeader + at) <= 1) return NOT_APPLICABLE;
  skbForwardCsum(skb);
  const err = skbCow(skb, ETH_HLEN);
  if (err !== 0) return err;
  if (isIpv4(skb)) ipDecreaseTtl(skb);
  else writeU8(skb, skb.networkHeader + at, readU8(skb, skb.networkHeader + at) - 1);
  return 0;
}
