/**
 * UDP receive offload: datagrams of one flow become a list or one large payload, or a tunnel looks at what is inside.
 * Left out: sockets in early demultiplexing and l3 master devices, which only a lookup would see.
 */

import {
  CHECKSUM_PARTIAL,
  SKB_GSO_FRAGLIST,
  SKB_GSO_TUNNEL_REMCSUM,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import { csumFold } from "../../bytes/checksum.js";
import { readU16, readU32, writeU16 } from "../../skb/bytes.js";
import type { Errno } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { IPPROTO_UDP, UDP_CHECK, UDP_HLEN, UDP_LEN, UDP_SOURCE } from "../../wire/udp.js";
import { callGroReceive, skbGroFlushFinal } from "../core/gro/callback.js";
import {
  skbGroChecksumTryConvert,
  skbGroChecksumValidateZeroCheck,
  skbGroPostpullRcsum,
  skbIncrChecksumUnnecessary,
} from "../core/gro/checksum.js";
import { groReadU16, groReadU32, skbGroHeader } from "../core/gro/groHeader.js";
import { skbGroReceive, skbGroReceiveList } from "../core/gro/merge.js";
import { napiGroCb, skbGroLen, skbGroOffset, skbGroPull } from "../core/gro/napiGroCb.js";
import {
  groCompleteNetworkOffset,
  groReceiveNetworkFlush,
  skbGroReceiveNetworkOffset,
} from "../core/gro/networkFlush.js";
import type { GroSocket, NetDevice } from "../core/NetDevice.js";
import type { GroCallbacks, GroResult, NetKernel } from "../NetKernel.js";
import { type GroAddresses, groComputePseudo, ipv4Addresses } from "./groAddresses.js";

/** Datagrams in an aggregate. @kernel UDP_GRO_CNT_MAX net/ipv4/udp_offload.c */
export const UDP_GRO_CNT_MAX = 64;

/** Neither merges nor holds the packet. */
function refuse(skb: SkBuff): null {
  napiGroCb(skb).flush = 1;
  return null;
}

/** @kernel udp4_gro_receive net/ipv4/udp_offload.c v6.12 */
export function udp4GroReceive(k: NetKernel, held: readonly SkBuff[], skb: SkBuff): GroResult {
  return udpGroReceiveVerified(k, held, skb, ipv4Addresses, false);
}

/** What udp4_gro_receive and udp6_gro_receive share: the checksum, and the socket. */
export function udpGroReceiveVerified(
  k: NetKernel,
  held: readonly SkBuff[],
  skb: SkBuff,
  addresses: GroAddresses,
  isIpv6: boolean,
): GroResult {
  if (!isVerified(skb, addresses)) return refuse(skb);
  napiGroCb(skb).isIpv6 = isIpv6;
  return udpGroReceive(k, held, skb, udpGroLookupSkb(skb, addresses));
}

/** Whether the header is there, and its checksum right, absent, or not worth looking at. */
function isVerified(skb: SkBuff, addresses: GroAddresses): boolean {
  const off = skbGroOffset(skb);
  if (!skbGroHeader(skb, off, UDP_HLEN)) return false;
  if (napiGroCb(skb).flush !== 0) return true;
  const check = groReadU16(skb, off + UDP_CHECK);
  const pseudo = groComputePseudo(addresses);
  if (!skbGroChecksumValidateZeroCheck(skb, IPPROTO_UDP, check, pseudo)) return false;
  if (check !== 0) skbGroChecksumTryConvert(skb, IPPROTO_UDP, pseudo);
  return true;
}

/**
 * The socket that the packet would go to. Not asked for before some socket has shown an interest in receive offload.
 *
 * @kernel udp4_gro_lookup_skb, udp6_gro_lookup_skb under udp_encap_needed_key, udpv6_encap_needed_key
 */
function udpGroLookupSkb(skb: SkBuff, addresses: GroAddresses): GroSocket | null {
  const { net } = skb.dev as NetDevice;
  if (net === null || !net.udpEncapNeeded) return null;
  return net.udpLookup(addresses.tuple(skb, skbGroReceiveNetworkOffset(skb), skbGroOffset(skb)));
}

/**
 * Decides between a list, one payload, a tunnel's own callbacks, and nothing.
 *
 * @kernel udp_gro_receive net/ipv4/udp_offload.c v6.12
 */
function udpGroReceive(k: NetKernel, held: readonly SkBuff[], skb: SkBuff, sk: GroSocket | null): GroResult {
  const cb = napiGroCb(skb);
  cb.isFlist = false;
  if (k.udpGro.mayMergeDatagrams(sk)) {
    // Encapsulated on this machine, in a tunnel that the lookup did not see.
    if (skb.encapsulation) return refuse(skb);
    const { groFraglist, groUdpFwd } = (skb.dev as NetDevice).receive;
    const wantsL4 = sk?.groEnabled ?? false;
    if (groFraglist) cb.isFlist = !wantsL4;
    if ((sk === null && groUdpFwd) || wantsL4 || cb.isFlist) {
      return callGroReceive(k, udpGroReceiveSegment, held, skb);
    }
  }
  const tunnel = sk?.tunnelGro;
  if (tunnel !== undefined) return receiveTunnel(k, held, skb, tunnel);
  k.udpGro.passOn(skb);
  return null;
}

/** The part of udp_gro_receive for a tunnel's socket: one level of encapsulation, its checksum known to be right. */
function receiveTunnel(k: NetKernel, held: readonly SkBuff[], skb: SkBuff, tunnel: GroCallbacks): GroResult {
  const cb = napiGroCb(skb);
  const off = skbGroOffset(skb);
  const check = groReadU16(skb, off + UDP_CHECK);
  const isUnverified = check !== 0 && skb.ipSummed !== CHECKSUM_PARTIAL && cb.csumCnt === 0 && !cb.csumValid;
  if (cb.encapMark || isUnverified) return refuse(skb);
  cb.encapMark = true;

  const ports = groReadU32(skb, off + UDP_SOURCE);
  for (const p of held) {
    if (!napiGroCb(p).sameFlow) continue;
    const uh2 = p.data + off;
    if (ports !== readU32(p, uh2 + UDP_SOURCE) || (check === 0) !== (readU16(p, uh2 + UDP_CHECK) === 0)) {
      napiGroCb(p).sameFlow = false;
    }
  }
  skbGroPull(skb, UDP_HLEN);
  skbGroPostpullRcsum(skb, off, UDP_HLEN);
  const pp = callGroReceive(k, tunnel.receive, held, skb);
  skbGroFlushFinal(skb, pp, 0);
  return pp;
}

/**
 * Merges a datagram into the held aggregate of its flow. All but the last have the length of the first; a longer one,
 * or the last that may join, completes the aggregate.
 *
 * @kernel udp_gro_receive_segment net/ipv4/udp_offload.c v6.12
 */
function udpGroReceiveSegment(k: NetKernel, held: readonly SkBuff[], skb: SkBuff): GroResult {
  const uh = skbGroOffset(skb);
  // A checksum is required, since segmentation cannot do without one.
  if (groReadU16(skb, uh + UDP_CHECK) === 0) return refuse(skb);
  const ulen = groReadU16(skb, uh + UDP_LEN);
  if (!k.udpGro.fillsItsPacket(ulen, skbGroLen(skb))) return refuse(skb);
  skbGroPull(skb, UDP_HLEN);

  const p = udpGroLookup(held, groReadU32(skb, uh + UDP_SOURCE));
  if (p === null) return null;
  if (napiGroCb(skb).isFlist !== napiGroCb(p).isFlist) {
    refuse(skb);
    return p;
  }
  const heldLen = readU16(p, p.transportHeader + UDP_LEN);
  let err: Errno = 0;
  if (groReceiveNetworkFlush(k, skb, p, uh) !== 0 || k.udpGro.isLonger(ulen, heldLen)) return p;
  if (napiGroCb(skb).isFlist) {
    // The packet goes up at once, and so overtakes what is held of its flow.
    if (!pskbMayPull(skb, skbGroOffset(skb))) return refuse(skb);
    if (skb.ipSummed !== p.ipSummed || skb.csumLevel !== p.csumLevel) return refuse(skb);
    k.udpGro.rememberNetworkHeader(skb, skbGroReceiveNetworkOffset(skb));
    err = skbGroReceiveList(k, p, skb);
  } else {
    skbGroPostpullRcsum(skb, uh, UDP_HLEN);
    err = skbGroReceive(k, p, skb);
  }
  return err !== 0 || ulen !== heldLen || napiGroCb(p).count >= UDP_GRO_CNT_MAX ? p : null;
}

/** The held packet with these ports; those with others are no candidates for the rest of the way either. */
function udpGroLookup(held: readonly SkBuff[], ports: number): SkBuff | null {
  for (const p of held) {
    const cb = napiGroCb(p);
    if (!cb.sameFlow) continue;
    // Checksums are not compared: they are all there.
    if (readU32(p, p.transportHeader + UDP_SOURCE) === ports) return p;
    cb.sameFlow = false;
  }
  return null;
}

/** @kernel udp4_gro_complete net/ipv4/udp_offload.c v6.12 */
export function udp4GroComplete(k: NetKernel, skb: SkBuff, nhoff: number): Errno {
  return udpGroCompleteFamily(k, skb, nhoff, ipv4Addresses);
}

/** What udp4_gro_complete and udp6_gro_complete share: a list is done, anything else gets a partial checksum. */
export function udpGroCompleteFamily(k: NetKernel, skb: SkBuff, nhoff: number, addresses: GroAddresses): Errno {
  if (k.udpGro.isListOfThisLayer(napiGroCb(skb))) return completeList(skb, nhoff);
  const field = skb.data + nhoff + UDP_CHECK;
  if (readU16(skb, field) !== 0) {
    const psum = addresses.pseudo(skb, groCompleteNetworkOffset(k, skb), skb.len - nhoff, IPPROTO_UDP);
    writeU16(skb, field, ~csumFold(psum));
  }
  return udpGroComplete(k, skb, nhoff, addresses);
}

/** Every member keeps its own header and checksum; the first one's length becomes that of all. */
function completeList(skb: SkBuff, nhoff: number): Errno {
  writeU16(skb, skb.data + nhoff + UDP_LEN, (skb.len - nhoff) & 0xffff);
  const shinfo = skb.shinfo;
  shinfo.gsoType |= SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4;
  shinfo.gsoSegs = napiGroCb(skb).count;
  skbIncrChecksumUnnecessary(skb);
  return 0;
}

/**
 * Completes an aggregated payload, or hands on to the tunnel whose socket is found: at this point whether or not any
 * socket has shown an interest.
 *
 * @kernel udp_gro_complete net/ipv4/udp_offload.c v6.12
 */
function udpGroComplete(k: NetKernel, skb: SkBuff, nhoff: number, addresses: GroAddresses): Errno {
  const uh = skb.data + nhoff;
  writeU16(skb, uh + UDP_LEN, (skb.len - nhoff) & 0xffff);
  const { net } = skb.dev as NetDevice;
  const sk = net?.udpLookup(addresses.tuple(skb, groCompleteNetworkOffset(k, skb), nhoff)) ?? null;
  let err: Errno = 0;
  if (sk?.tunnelGro !== undefined) {
    // Assigned, so that what came in as an aggregate loses its type here.
    skb.shinfo.gsoType = readU16(skb, uh + UDP_CHECK) !== 0 ? SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL;
    napiGroCb(skb).encapMark = false;
    skb.encapsulation = true;
    err = sk.tunnelGro.complete(k, skb, nhoff + UDP_HLEN);
  } else {
    udpGroCompleteSegment(skb);
  }
  if (skb.remcsumOffload) skb.shinfo.gsoType |= SKB_GSO_TUNNEL_REMCSUM;
  return err;
}

/** @kernel udp_gro_complete_segment net/ipv4/udp_offload.c v6.12 */
function udpGroCompleteSegment(skb: SkBuff): void {
  skb.csumStart = skb.transportHeader;
  skb.csumOffset = UDP_CHECK;
  skb.ipSummed = CHECKSUM_PARTIAL;
  const shinfo = skb.shinfo;
  shinfo.gsoSegs = napiGroCb(skb).count;
  shinfo.gsoType |= SKB_GSO_UDP_L4;
  if (skb.encapsulation) skb.innerTransportHeader = skb.transportHeader;
}

/** @kernel net_hotdata.udpv4_offload */
export const udp4Gro: GroCallbacks = { receive: udp4GroReceive, complete: udp4GroComplete };
