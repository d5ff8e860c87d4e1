/**
 * IPv6 packets that came in: checks of the headers, then local delivery or forwarding. Left out: reassembly (a fragment
 * for this host is dropped), routing headers with segments left, multicast routing, raw sockets, ICMPv6 and TCP sockets.
 */
import { bytesAt, readU8, readU16 } from "../../skb/bytes.js";
import { skbPostpullRcsum } from "../../skb/checksumHelp.js";
import { skbShareCheck } from "../../skb/copy.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbOrphan } from "../../skb/owner.js";
import { pskbMayPull, pskbPull } from "../../skb/pullTail.js";
import { PACKET_LOOPBACK, PACKET_OTHERHOST, type SkBuff } from "../../skb/SkBuff.js";
import { pskbTrimRcsum } from "../../skb/trim.js";
import { IPV6_DADDR, IPV6_HLEN, IPV6_NEXTHDR, IPV6_PAYLOAD_LEN, IPV6_SADDR } from "../../wire/ipv6.js";
import {
  IPV6_OPT_HDRLEN,
  NEXTHDR_DEST,
  NEXTHDR_FRAGMENT,
  NEXTHDR_HOP,
  NEXTHDR_NONE,
  NEXTHDR_ROUTING,
} from "../../wire/ipv6Ext.js";
import { IPPROTO_TCP } from "../../wire/tcp.js";
import { IPPROTO_UDP } from "../../wire/udp.js";
import { IPV6_ALEN, ipv6AddrIsMulticast, ipv6AddrLoopback, ipv6AddrMcScope } from "../core/ipAddress.js";
import type { Interface, Netns } from "../core/Netns.js";
import { udpLibRcv } from "../ipv4/udpInput.js";
import type { NetKernel } from "../NetKernel.js";
import { nfNatInet } from "../netfilter/nat.js";
import { ip6ParseTlv } from "./exthdrs.js";
import { ICMPV6_DEST_UNREACH, ICMPV6_NOROUTE, ICMPV6_PARAMPROB, ICMPV6_UNK_NEXTHDR, IPPROTO_ICMPV6 } from "./icmpv6.js";
import { ip6Forward } from "./ip6Forward.js";
import { icmpv6Send } from "./ip6Output.js";

const ROUTING_SEGMENTS_LEFT = 3;
const SCOPE_RESERVED = 0;
const SCOPE_INTERFACE_LOCAL = 1;

/**
 * A packet that came in, `data` at its header; it is consumed.
 *
 * @kernel ipv6_rcv net/ipv6/ip6_input.c v6.12
 */
export function ip6Rcv(k: NetKernel, net: Netns, received: SkBuff): void {
  const skb = ip6RcvCore(net, received);
  if (skb === null || !nfNatInet(k, net, skb, "prerouting")) return;
  ip6RcvFinish(k, net, skb);
}

function dropped(net: Netns, skb: SkBuff, location: string, reason: string): null {
  net.drop(location, reason);
  kfreeSkb(skb);
  return null;
}

/** @kernel ip6_rcv_core net/ipv6/ip6_input.c v6.12 */
function ip6RcvCore(net: Netns, received: SkBuff): SkBuff | null {
  if (received.pktType === PACKET_OTHERHOST) return dropped(net, received, "ip6_rcv_core", "OTHERHOST");
  const through = net.interfaceOf(received.dev);
  const skb = skbShareCheck(received);
  if (skb === null) return null;
  const bad = (reason: string): null => dropped(net, skb, "ip6_rcv_core", reason);
  if (through === undefined || through.ipv6.length === 0) return bad("IPV6DISABLED");
  if (!pskbMayPull(skb, IPV6_HLEN)) return bad("IP_INHDR");
  const nh = skb.networkHeader;
  if (readU8(skb, nh) >>> 4 !== 6 || !hasPossibleAddresses(skb, through)) return bad("IP_INHDR");
  skb.transportHeader = nh + IPV6_HLEN;

  const payloadLen = readU16(skb, nh + IPV6_PAYLOAD_LEN);
  const startsWithOptions = readU8(skb, nh + IPV6_NEXTHDR) === NEXTHDR_HOP;
  // Without a length the options tell it.
  if (payloadLen !== 0 || !startsWithOptions) {
    if (payloadLen + IPV6_HLEN > skb.len) return bad("PKT_TOO_SMALL");
    if (pskbTrimRcsum(skb, payloadLen + IPV6_HLEN) !== 0) return bad("IP_INHDR");
  }
  if (startsWithOptions) {
    const len = ip6ParseTlv(skb, IPV6_HLEN);
    if (len === undefined) return bad("IP_INHDR");
    skb.transportHeader += len;
  }
  skbOrphan(skb);
  return skb;
}

/** Addresses that no packet from outside may have. */
function hasPossibleAddresses(skb: SkBuff, through: Interface): boolean {
  const saddr = bytesAt(skb, skb.networkHeader + IPV6_SADDR, IPV6_ALEN);
  const daddr = bytesAt(skb, skb.networkHeader + IPV6_DADDR, IPV6_ALEN);
  const isLoopback = through.isLoopback;
  if (!isLoopback && (ipv6AddrLoopback(saddr) || ipv6AddrLoopback(daddr))) return false;
  if (ipv6AddrIsMulticast(daddr)) {
    const scope = ipv6AddrMcScope(daddr);
    if (scope === SCOPE_RESERVED) return false;
    if (scope === SCOPE_INTERFACE_LOCAL && !isLoopback && skb.pktType !== PACKET_LOOPBACK) return false;
  }
  return !ipv6AddrIsMulticast(saddr);
}

/** @kernel ip6_rcv_finish, ip6_mc_input net/ipv6/ip6_input.c v6.12 */
function ip6RcvFinish(k: NetKernel, net: Netns, skb: SkBuff): void {
  const route = net.routeInput(skb.dev, bytesAt(skb, skb.networkHeader + IPV6_DADDR, IPV6_ALEN));
  if (route.kind === "forward") {
    ip6Forward(k, net, skb, route.route);
  } else if (route.kind === "none") {
    if (net.ipv6Forwarding) icmpv6Send(k, net, skb, ICMPV6_DEST_UNREACH, ICMPV6_NOROUTE, 0);
    dropped(net, skb, "ip6_pkt_drop", "IP_INADDRERRORS");
  } else {
    ip6Input(k, net, skb, route.kind !== "local");
  }
}

/**
 * Steps over the extension headers and hands the packet to its protocol.
 *
 * @kernel ip6_input_finish and ip6_protocol_deliver_rcu net/ipv6/ip6_input.c v6.12
 */
function ip6Input(k: NetKernel, net: Netns, skb: SkBuff, isMulticast: boolean): void {
  const bad = (reason: string): null => dropped(net, skb, "ip6_protocol_deliver_rcu", reason);
  let nexthdr = readU8(skb, skb.networkHeader + IPV6_NEXTHDR);
  // The hop-by-hop options were looked at before routing.
  if (nexthdr === NEXTHDR_HOP) nexthdr = readU8(skb, skb.networkHeader + IPV6_HLEN);
  if (!pskbPull(skb, skb.transportOffset)) {
    bad("PKT_TOO_SMALL");
    return;
  }
  while (nexthdr === NEXTHDR_DEST || nexthdr === NEXTHDR_ROUTING) {
    const len = nexthdr === NEXTHDR_DEST ? ip6ParseTlv(skb, 0) : routingHeaderLength(skb);
    if (len === undefined) {
      bad("IP_INHDR");
      return;
    }
    nexthdr = readU8(skb, skb.data);
    skb.transportHeader += len;
    pskbPull(skb, len);
  }
  if (nexthdr === NEXTHDR_FRAGMENT || nexthdr === NEXTHDR_NONE) {
    bad("NOT_SPECIFIED");
    return;
  }
  skbPostpullRcsum(skb, skb.networkHeader, skb.networkHeaderLen);
  ip6ProtocolDeliver(k, net, skb, nexthdr, isMulticast);
}

/** Of a routing header that was followed to its end; undefined for any other. @kernel ipv6_rthdr_rcv net/ipv6/exthdrs.c */
function routingHeaderLength(skb: SkBuff): number | undefined {
  if (!pskbMayPull(skb, 8)) return undefined;
  const len = (readU8(skb, skb.data + IPV6_OPT_HDRLEN) + 1) * 8;
  return pskbMayPull(skb, len) && readU8(skb, skb.data + ROUTING_SEGMENTS_LEFT) === 0 ? len : undefined;
}

/** @kernel ip6_protocol_deliver_rcu net/ipv6/ip6_input.c v6.12 */
function ip6ProtocolDeliver(k: NetKernel, net: Netns, skb: SkBuff, first: number, isMulticast: boolean): void {
  let protocol = first;
  while (protocol === IPPROTO_UDP) {
    protocol = udpLibRcv(k, net, skb, isMulticast, (segment, other) =>
      ip6ProtocolDeliver(k, net, segment, other, isMulticast),
    );
    if (protocol === 0) return;
  }
  if (protocol !== IPPROTO_TCP && protocol !== IPPROTO_ICMPV6) {
    icmpv6Send(k, net, skb, ICMPV6_PARAMPROB, ICMPV6_UNK_NEXTHDR, IPV6_NEXTHDR);
  }
  dropped(net, skb, "ip6_protocol_deliver_rcu", "IP_NOPROTO");
}
