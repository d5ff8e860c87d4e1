/** Where the transport header of an IP packet is: found by walking its headers. */

import { getU16 } from "../../bytes/view.js";
import { readU8 } from "../../skb/bytes.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbHeaderBytes } from "../../skb/read.js";
import { HEADER_UNSET, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IP, ETH_P_IPV6, isVlanType } from "../../wire/ethernet.js";
import { IPV4_HLEN, IPV4_PROTOCOL, IPV4_VERSION_IHL } from "../../wire/ipv4.js";
import { IPV6_HLEN, IPV6_NEXTHDR } from "../../wire/ipv6.js";
import { NEXTHDR_DEST, NEXTHDR_HOP, NEXTHDR_ROUTING } from "../../wire/ipv6Ext.js";
import { VLAN_ENCAPSULATED_PROTO, VLAN_HLEN } from "../../wire/vlan.js";

const SKIPPED: ReadonlySet<number> = new Set([NEXTHDR_HOP, NEXTHDR_ROUTING, NEXTHDR_DEST]);

interface Transport {
  /** Counted from `data`. */
  readonly offset: number;
  readonly proto: number;
}

/** Walks IP headers from `offset` behind data; undefined when they are not all there. */
function findTransport(skb: SkBuff, protocol: number, offset: number): Transport | undefined {
  if (protocol === ETH_P_IP) {
    const header = skbHeaderBytes(skb, offset, IPV4_HLEN);
    if (header === null) return undefined;
    const ihl = ((header[IPV4_VERSION_IHL] as number) & 0xf) * 4;
    return ihl < IPV4_HLEN ? undefined : { offset: offset + ihl, proto: header[IPV4_PROTOCOL] as number };
  }
  if (protocol !== ETH_P_IPV6) return undefined;
  const header = skbHeaderBytes(skb, offset, IPV6_HLEN);
  if (header === null) return undefined;
  let proto = header[IPV6_NEXTHDR] as number;
  let at = offset + IPV6_HLEN;
  while (SKIPPED.has(proto)) {
    const extension = skbHeaderBytes(skb, at, 2);
    if (extension === null) return undefined;
    proto = extension[0] as number;
    at += ((extension[1] as number) + 1) * 8;
  }
  return { offset: at, proto };
}

/**
 * Sets the transport header of a frame that came from a program, where nothing said so before.
 *
 * @kernel skb_probe_transport_header include/linux/skbuff.h, as far as Ethernet, VLAN and IP
 */
export function skbProbeTransportHeader(skb: SkBuff): void {
  if (skb.transportHeader !== HEADER_UNSET) return;
  let protocol = skb.protocol;
  let offset = 0;
  while (isVlanType(protocol)) {
    const tag = skbHeaderBytes(skb, offset, VLAN_HLEN);
    if (tag === null) return;
    protocol = getU16(tag, VLAN_ENCAPSULATED_PROTO);
    offset += VLAN_HLEN;
  }
  const found = findTransport(skb, protocol, offset);
  if (found !== undefined) skb.transportHeader = (skb.data + found.offset) & 0xffff;
}

/**
 * The receive path of IP: headers linear, the transport header known. False for a packet that is no UDP packet.
 *
 * @kernel ip_rcv_core net/ipv4/ip_input.c, ip6_protocol_deliver_rcu net/ipv6/ip6_input.c
 */
export function ipFindUdp(skb: SkBuff, udp: number): boolean {
  const found = findTransport(skb, skb.protocol, 0);
  if (found === undefined || found.proto !== udp || !pskbMayPull(skb, found.offset)) return false;
  // A version that does not match the protocol is dropped before anything is delivered.
  const version = readU8(skb, skb.data) >>> 4;
  if (version !== (skb.protocol === ETH_P_IPV6 ? 6 : 4)) return false;
  skb.transportHeader = (skb.data + found.offset) & 0xffff;
  return true;
}
