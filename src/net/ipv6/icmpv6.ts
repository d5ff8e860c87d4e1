/** ICMPv6 errors about a packet. Left out: rate limits, options that nobody knows, mobility. */
import { csumFold, csumPartial, pseudoSumV6 } from "../../bytes/checksum.js";
import { putU16, putU32 } from "../../bytes/view.js";
import { bytesAt } from "../../skb/bytes.js";
import { skbHeaderBytes } from "../../skb/read.js";
import { PACKET_HOST, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import { emitIpv6, IPV6_DADDR, IPV6_HLEN, IPV6_SADDR } from "../../wire/ipv6.js";
import { IPV6_ALEN, ipv6AddrIsMulticast, isAnyAddress } from "../core/ipAddress.js";
import type { Netns } from "../core/Netns.js";
import { ownPacket } from "../ipv4/icmp.js";
import { ipv6SkipExthdr } from "./exthdrs.js";

export const IPPROTO_ICMPV6 = 58;
const ICMPV6_HLEN = 8;
export const ICMPV6_DEST_UNREACH = 1;
export const ICMPV6_PKT_TOOBIG = 2;
export const ICMPV6_TIME_EXCEED = 3;
export const ICMPV6_PARAMPROB = 4;
/** Codes of ICMPV6_DEST_UNREACH. */
export const ICMPV6_NOROUTE = 0;
export const ICMPV6_NOT_NEIGHBOUR = 2;
export const ICMPV6_PORT_UNREACH = 4;
/** Code of ICMPV6_TIME_EXCEED. */
export const ICMPV6_EXC_HOPLIMIT = 0;
/** Code of ICMPV6_PARAMPROB. */
export const ICMPV6_UNK_NEXTHDR = 1;
/** Types with this bit are no errors. */
const ICMPV6_INFOMSG_MASK = 0x80;

export const IPV6_MIN_MTU = 1280;
const DEFAULT_HOPLIMIT = 64;

/**
 * The error about `skb` as an IPv6 packet ready to be sent, `data` at its header; null when none may be sent.
 * `info` is the second word of the ICMPv6 header.
 *
 * @kernel icmp6_send net/ipv6/icmp.c v6.12
 */
export function makeIcmpv6(net: Netns, skb: SkBuff, type: number, code: number, info: number): SkBuff | null {
  const nh = skb.networkHeader;
  if (nh + IPV6_HLEN > skb.tail) return null;
  const daddr = bytesAt(skb, nh + IPV6_DADDR, IPV6_ALEN);
  const to = bytesAt(skb, nh + IPV6_SADDR, IPV6_ALEN);
  const isForAll = ipv6AddrIsMulticast(daddr) || skb.pktType !== PACKET_HOST;
  if (isForAll && type !== ICMPV6_PKT_TOOBIG) return null;
  if (isAnyAddress(to) || ipv6AddrIsMulticast(to) || isIneligible(skb)) return null;
  const route = net.routeOutput(to);
  const saddr = !isForAll && net.isLocal(daddr) ? daddr : route?.source;
  if (saddr === undefined || saddr === null) return null;

  const offset = skb.networkOffset;
  const room = IPV6_MIN_MTU - IPV6_HLEN - ICMPV6_HLEN;
  const quoted = skbHeaderBytes(skb, offset, Math.min(skb.len - offset, room));
  if (quoted === null) return null;
  const packet = new Uint8Array(IPV6_HLEN + ICMPV6_HLEN + quoted.length);
  const payloadLen = packet.length - IPV6_HLEN;
  emitIpv6(packet, 0, {
    trafficClass: 0,
    flowLabel: net.flowLabel,
    payloadLen,
    nexthdr: IPPROTO_ICMPV6,
    hopLimit: DEFAULT_HOPLIMIT,
    saddr,
    daddr: to,
  });
  packet.set([type, code], IPV6_HLEN);
  putU32(packet, IPV6_HLEN + 4, info);
  packet.set(quoted, IPV6_HLEN + ICMPV6_HLEN);
  const pseudo = pseudoSumV6(packet, IPV6_SADDR, IPV6_DADDR, payloadLen, IPPROTO_ICMPV6, 0);
  putU16(packet, IPV6_HLEN + 2, csumFold(csumPartial(packet, IPV6_HLEN, payloadLen, pseudo)));
  return ownPacket(skb, packet, IPV6_HLEN, ETH_P_IPV6);
}

/** Whether the packet is an ICMPv6 error, which must not cause another. @kernel is_ineligible net/ipv6/icmp.c v6.12 */
function isIneligible(skb: SkBuff): boolean {
  const found = ipv6SkipExthdr(skb);
  if (found?.proto !== IPPROTO_ICMPV6) return false;
  const type = skbHeaderBytes(skb, found.offset, 1);
  return type === null || ((type[0] as number) & ICMPV6_INFOMSG_MASK) === 0;
}
