/**
 * IPv4 packets that came in: checks of the header, then local delivery or forwarding. Left out: reassembly (a fragment
 * for this host is dropped), early demultiplexing, raw sockets, source validation, ICMP and TCP sockets.
 */

import { SKB_GSO_TCPV4 } from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { bytesAt, linearAt, readU8, readU16 } from "../../skb/bytes.js";
import { skbShareCheck } from "../../skb/copy.js";
import { skbCow } from "../../skb/expand.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbOrphan } from "../../skb/owner.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbPullInner } from "../../skb/pushPull.js";
import { PACKET_OTHERHOST, type SkBuff } from "../../skb/SkBuff.js";
import { pskbTrimRcsum } from "../../skb/trim.js";
import {
  IP_MF,
  IP_OFFSET,
  IPV4_DADDR,
  IPV4_FRAG_OFF,
  IPV4_HLEN,
  IPV4_PROTOCOL,
  IPV4_TOT_LEN,
  IPV4_VERSION_IHL,
} from "../../wire/ipv4.js";
import { IPPROTO_TCP } from "../../wire/tcp.js";
import { IPPROTO_UDP } from "../../wire/udp.js";
import { skbIsGso } from "../core/features.js";
import { IPV4_ALEN } from "../core/ipAddress.js";
import type { Netns } from "../core/Netns.js";
import type { NetKernel } from "../NetKernel.js";
import { nfNatInet } from "../netfilter/nat.js";
import { ICMP_DEST_UNREACH, ICMP_NET_UNREACH, ICMP_PROT_UNREACH, IPPROTO_ICMP } from "./icmp.js";
import { ipForward } from "./ipForward.js";
import { ipOptionsCompile, NO_OPTIONS, optionBytes } from "./ipOptions.js";
import { icmpSend } from "./ipOutput.js";
import { udpLibRcv } from "./udpInput.js";

/** The address list of the first interface is what options are filled in with. */
const ownAddress = (net: Netns, skb: SkBuff): Uint8Array | null => net.interfaceOf(skb.dev)?.ipv4[0]?.address ?? null;

/**
 * A packet that came in, `data` at its header; it is consumed.
 *
 * @kernel ip_rcv net/ipv4/ip_input.c v6.12
 */
export function ipRcv(k: NetKernel, net: Netns, received: SkBuff): void {
  const skb = ipRcvCore(net, received);
  if (skb === null || !nfNatInet(k, net, skb, "prerouting")) return;
  ipRcvFinish(k, net, skb);
}

function dropped(net: Netns, skb: SkBuff, location: string, reason: string): null {
  net.drop(location, reason);
  kfreeSkb(skb);
  return null;
}

/**
 * The packet, which nobody else holds any more, its header linear and right, its trailing bytes gone; null when it was
 * dropped.
 *
 * @kernel ip_rcv_core net/ipv4/ip_input.c v6.12
 */
function ipRcvCore(net: Netns, received: SkBuff): SkBuff | null {
  if (received.pktType === PACKET_OTHERHOST) return dropped(net, received, "ip_rcv_core", "OTHERHOST");
  const skb = skbShareCheck(received);
  if (skb === null) return null;
  const bad = (reason: string): null => dropped(net, skb, "ip_rcv_core", reason);
  if (!pskbMayPull(skb, IPV4_HLEN)) return bad("IP_INHDR");
  const versionIhl = readU8(skb, skb.networkHeader + IPV4_VERSION_IHL);
  const hlen = (versionIhl & 0xf) * 4;
  if (hlen < IPV4_HLEN || versionIhl >>> 4 !== 4) return bad("IP_INHDR");
  if (!pskbMayPull(skb, hlen)) return bad("IP_INHDR");
  const iph = skb.networkHeader;
  if (csumFold(csumPartial(skb.mem.arena.bytes, linearAt(skb, iph, hlen), hlen, 0)) !== 0) return bad("IP_CSUM");
  const len = iphTotlen(skb);
  if (skb.len < len) return bad("PKT_TOO_SMALL");
  if (len < hlen) return bad("IP_INHDR");
  if (pskbTrimRcsum(skb, len) !== 0) return bad("NOT_SPECIFIED");
  skb.transportHeader = skb.networkHeader + hlen;
  skbOrphan(skb);
  return skb;
}

/** A TCP aggregate beyond 64 KiB has no total length. @kernel iph_totlen include/linux/ip.h v6.12 */
function iphTotlen(skb: SkBuff): number {
  const len = readU16(skb, skb.networkHeader + IPV4_TOT_LEN);
  if (len !== 0 || !skbIsGso(skb) || !(skb.shinfo.gsoType & SKB_GSO_TCPV4)) return len;
  return skb.len - skb.networkOffset;
}

/** @kernel ip_rcv_finish net/ipv4/ip_input.c v6.12 */
function ipRcvFinish(k: NetKernel, net: Netns, skb: SkBuff): void {
  // An interface without addresses takes no part in IPv4.
  if (ownAddress(net, skb) === null) {
    dropped(net, skb, "ip_rcv_finish_core", "IP_INADDRERRORS");
    return;
  }
  const route = net.routeInput(skb.dev, bytesAt(skb, skb.networkHeader + IPV4_DADDR, IPV4_ALEN));
  let options = NO_OPTIONS;
  if (optionBytes(skb) > 0) {
    const compiled = skbCow(skb, skb.headroom) === 0 ? ipOptionsCompile(skb, ownAddress(net, skb)) : null;
    if (compiled === null) {
      dropped(net, skb, "ip_rcv_finish_core", "IP_INHDR");
      return;
    }
    options = compiled;
  }
  switch (route.kind) {
    case "forward":
      ipForward(k, net, skb, route.route, options);
      break;
    case "none":
      if (net.ipv4Forwarding) icmpSend(k, net, skb, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, 0);
      dropped(net, skb, "ip_error", "IP_INADDRERRORS");
      break;
    default:
      ipLocalDeliver(k, net, skb, route.kind !== "local");
  }
}

/** @kernel ip_local_deliver net/ipv4/ip_input.c v6.12 */
function ipLocalDeliver(k: NetKernel, net: Netns, skb: SkBuff, isMulticast: boolean): void {
  if (readU16(skb, skb.networkHeader + IPV4_FRAG_OFF) & (IP_MF | IP_OFFSET)) {
    dropped(net, skb, "ip_local_deliver", "FRAG_REASM_TIMEOUT");
    return;
  }
  skbPullInner(skb, skb.networkHeaderLen);
  ipProtocolDeliver(k, net, skb, readU8(skb, skb.networkHeader + IPV4_PROTOCOL), isMulticast);
}

/**
 * Hands the packet, `data` at its transport header, to its protocol, which may name another one to go on with.
 *
 * @kernel ip_protocol_deliver_rcu net/ipv4/ip_input.c v6.12
 */
function ipProtocolDeliver(k: NetKernel, net: Netns, skb: SkBuff, first: number, isMulticast: boolean): void {
  let protocol = first;
  while (protocol === IPPROTO_UDP) {
    protocol = udpLibRcv(k, net, skb, isMulticast, (segment, other) =>
      ipProtocolDeliver(k, net, segment, other, isMulticast),
    );
    if (protocol === 0) return;
  }
  if (protocol !== IPPROTO_TCP && protocol !== IPPROTO_ICMP) {
    icmpSend(k, net, skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
  }
  dropped(net, skb, "ip_protocol_deliver_rcu", "IP_NOPROTO");
}
