/**
 * ICMP errors about a packet. Left out: rate limits, echoed options, extensions, the original's addresses inside a
 * quoted packet that was translated.
 */
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { putU16, putU32 } from "../../bytes/view.js";
import { allocSkb } from "../../skb/alloc.js";
import { bytesAt, putBytes, readU8, readU16 } from "../../skb/bytes.js";
import { skbPut, skbReserve, skbResetNetworkHeader } from "../../skb/pushPull.js";
import { skbHeaderBytes } from "../../skb/read.js";
import { PACKET_HOST, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import {
  emitIpv4,
  IP_OFFSET,
  IPV4_DADDR,
  IPV4_FRAG_OFF,
  IPV4_HLEN,
  IPV4_PROTOCOL,
  IPV4_SADDR,
  IPV4_TOS,
  IPV4_VERSION_IHL,
  ipv4NoopOptions,
} from "../../wire/ipv4.js";
import { IPV4_ALEN, isMulticastAddress } from "../core/ipAddress.js";
import type { Netns } from "../core/Netns.js";

export const IPPROTO_ICMP = 1;
const ICMP_HLEN = 8;
export const ICMP_DEST_UNREACH = 3;
export const ICMP_TIME_EXCEEDED = 11;
export const ICMP_PARAMETERPROB = 12;
/** Codes of ICMP_DEST_UNREACH. */
export const ICMP_NET_UNREACH = 0;
export const ICMP_PROT_UNREACH = 2;
export const ICMP_PORT_UNREACH = 3;
export const ICMP_FRAG_NEEDED = 4;
/** Code of ICMP_TIME_EXCEEDED. */
export const ICMP_EXC_TTL = 0;

/** Types that are errors themselves: nobody answers those. @kernel icmp_pointers[].error */
const ERROR_TYPES: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);
/** An error quotes no more than fits here. */
const SMALLEST_MTU = 576;
const IPTOS_TOS_MASK = 0x1e;
const IPTOS_PREC_INTERNETCONTROL = 0xc0;
const DEFAULT_TTL = 64;
/** Room in front for link headers and tunnels. */
const HEADROOM = 128;

/**
 * The error about `skb` as an IPv4 packet ready to be sent, `data` at its header; null when none may be sent.
 * `info` is the second word of the ICMP header.
 *
 * @kernel icmp_send net/ipv4/icmp.c v6.12
 */
export function makeIcmp(net: Netns, skb: SkBuff, type: number, code: number, info: number): SkBuff | null {
  const iph = skb.networkHeader;
  if (iph + IPV4_HLEN > skb.tail || skb.pktType !== PACKET_HOST) return null;
  const daddr = bytesAt(skb, iph + IPV4_DADDR, IPV4_ALEN);
  const to = bytesAt(skb, iph + IPV4_SADDR, IPV4_ALEN);
  if (isMulticastAddress(daddr) || readU16(skb, iph + IPV4_FRAG_OFF) & IP_OFFSET || isAboutError(skb)) return null;
  const route = net.routeOutput(to);
  const saddr = net.isLocal(daddr) ? daddr : route?.source;
  if (route === null || saddr === undefined || saddr === null) return null;

  const room = Math.min(route.mtu, SMALLEST_MTU) - IPV4_HLEN - ICMP_HLEN;
  const offset = skb.networkOffset;
  const quoted = skbHeaderBytes(skb, offset, Math.min(skb.len - offset, room));
  if (room <= IPV4_HLEN || quoted === null) return null;
  const message = new Uint8Array(ICMP_HLEN + quoted.length);
  message.set([type, code]);
  putU32(message, 4, info);
  message.set(quoted, ICMP_HLEN);
  putU16(message, 2, csumFold(csumPartial(message, 0, message.length, 0)));

  const packet = new Uint8Array(IPV4_HLEN + message.length);
  emitIpv4(packet, 0, {
    tos: (readU8(skb, iph + IPV4_TOS) & IPTOS_TOS_MASK) | IPTOS_PREC_INTERNETCONTROL,
    totLen: packet.length,
    id: net.selectIpv4Id(1),
    fragOff: 0,
    ttl: DEFAULT_TTL,
    protocol: IPPROTO_ICMP,
    saddr,
    daddr: to,
    options: ipv4NoopOptions(0),
  });
  packet.set(message, IPV4_HLEN);
  return ownPacket(skb, packet, IPV4_HLEN, ETH_P_IP);
}

/** Whether the packet is an ICMP error, which must not cause another. */
function isAboutError(skb: SkBuff): boolean {
  const iph = skb.networkHeader;
  if (readU8(skb, iph + IPV4_PROTOCOL) !== IPPROTO_ICMP) return false;
  const ihl = (readU8(skb, iph + IPV4_VERSION_IHL) & 0xf) * 4;
  const type = skbHeaderBytes(skb, skb.networkOffset + ihl, 1);
  return type === null || ERROR_TYPES.has(type[0] as number);
}

/** A packet of our own, with the memory of the one it is about; null when memory runs out. */
export function ownPacket(about: SkBuff, bytes: Uint8Array, hlen: number, protocol: number): SkBuff | null {
  const skb = allocSkb(about.mem, HEADROOM + bytes.length);
  if (skb === null) return null;
  skbReserve(skb, HEADROOM);
  putBytes(skb, skbPut(skb, bytes.length), bytes);
  skbResetNetworkHeader(skb);
  skb.transportHeader = skb.networkHeader + hlen;
  skb.protocol = protocol;
  return skb;
}
