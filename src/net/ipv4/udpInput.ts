/** UDP packets of this host, of either family: their lengths and checksum, and the socket they are for. */
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_UNNECESSARY } from "../../abi/features.js";
import { csumAdd, csumFold, pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import { bytesAt, linearAt, readU16 } from "../../skb/bytes.js";
import { kfreeSkb } from "../../skb/free.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { pskbTrimRcsum } from "../../skb/trim.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import { IPV4_DADDR, IPV4_HLEN, IPV4_SADDR } from "../../wire/ipv4.js";
import { IPV6_DADDR, IPV6_HLEN, IPV6_SADDR } from "../../wire/ipv6.js";
import { IPPROTO_UDP, UDP_CHECK, UDP_DEST, UDP_HLEN, UDP_LEN, UDP_SOURCE } from "../../wire/udp.js";
import { IPV4_ALEN, IPV6_ALEN } from "../core/ipAddress.js";
import type { Netns } from "../core/Netns.js";
import { ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH } from "../ipv6/icmpv6.js";
import { icmpv6Send } from "../ipv6/ip6Output.js";
import type { NetKernel } from "../NetKernel.js";
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH } from "./icmp.js";
import { icmpSend } from "./ipOutput.js";
import {
  type Resubmit,
  skbCsumUnnecessary,
  udpChecksumComplete,
  udpLibMcastDeliver,
  udpQueueRcvSkb,
  udpv6QueueRcvSkb,
} from "./udp.js";

/** Packets up to this length are summed at once, longer ones when somebody reads them. @kernel CHECKSUM_BREAK */
const CHECKSUM_BREAK = 76;

/**
 * A UDP packet for this host, `data` at its header. Returns 0 when it was consumed, or the protocol to go on with.
 *
 * @kernel __udp4_lib_rcv net/ipv4/udp.c, __udp6_lib_rcv net/ipv6/udp.c v6.12
 */
export function udpLibRcv(k: NetKernel, net: Netns, skb: SkBuff, isMulticast: boolean, resubmit: Resubmit): number {
  const isIpv6 = skb.protocol === ETH_P_IPV6;
  const dropped = (reason: string): 0 => {
    net.drop(isIpv6 ? "__udp6_lib_rcv" : "__udp4_lib_rcv", reason);
    kfreeSkb(skb);
    return 0;
  };
  if (!pskbMayPull(skb, UDP_HLEN)) return dropped("PKT_TOO_SMALL");
  const told = readU16(skb, skb.transportHeader + UDP_LEN);
  const ulen = isIpv6 && told === 0 ? skb.len : told;
  if (ulen < UDP_HLEN || ulen > skb.len || pskbTrimRcsum(skb, ulen) !== 0) return dropped("PKT_TOO_SMALL");
  if (!udpCsumInit(skb, isIpv6)) return dropped("UDP_CSUM");

  const uh = skb.transportHeader;
  const nh = skb.networkHeader;
  const dest = readU16(skb, uh + UDP_DEST);
  const daddr = bytesAt(skb, nh + (isIpv6 ? IPV6_DADDR : IPV4_DADDR), isIpv6 ? IPV6_ALEN : IPV4_ALEN);
  const saddr = bytesAt(skb, nh + (isIpv6 ? IPV6_SADDR : IPV4_SADDR), isIpv6 ? IPV6_ALEN : IPV4_ALEN);
  const hasNoChecksum = isIpv6 && readU16(skb, uh + UDP_CHECK) === 0;
  const queue = isIpv6 ? udpv6QueueRcvSkb : udpQueueRcvSkb;
  if (isMulticast) {
    const listeners = net.udpListeners(daddr, dest);
    const willing = hasNoChecksum ? listeners.filter(({ options }) => options.acceptsNoCheck6) : listeners;
    udpLibMcastDeliver(k, skb, willing, queue, resubmit);
    return 0;
  }
  const sk = net.udpSocketFor({ saddr, daddr, source: readU16(skb, uh + UDP_SOURCE), dest });
  if (hasNoChecksum && !sk?.options.acceptsNoCheck6) return dropped("UDP_CSUM");
  if (sk !== null) return queue(k, sk, skb, resubmit);
  if (!skbCsumUnnecessary(skb) && !udpChecksumComplete(skb)) return dropped("UDP_CSUM");
  if (isIpv6) icmpv6Send(k, net, skb, ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH, 0);
  else icmpSend(k, net, skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
  return dropped("NO_SOCKET");
}

/**
 * Notes what is known about the checksum, and verifies that of a short packet. False when it is wrong.
 *
 * @kernel udp4_csum_init net/ipv4/udp.c, udp6_csum_init net/ipv6/ip6_checksum.c, __skb_checksum_validate v6.12
 */
function udpCsumInit(skb: SkBuff, isIpv6: boolean): boolean {
  skb.cbPartialCov = false;
  skb.cbCscov = skb.len & 0xffff;
  skb.csumValid = false;
  if (skbCsumUnnecessary(skb) || readU16(skb, skb.transportHeader + UDP_CHECK) === 0) {
    skb.csumValid = true;
    skbDecrChecksumUnnecessary(skb);
    return true;
  }
  const at = linearAt(skb, skb.networkHeader, isIpv6 ? IPV6_HLEN : IPV4_HLEN);
  const bytes = skb.mem.arena.bytes;
  const pseudo = isIpv6
    ? pseudoSumV6(bytes, at + IPV6_SADDR, at + IPV6_DADDR, skb.len, IPPROTO_UDP, 0)
    : pseudoSumV4(bytes, at + IPV4_SADDR, at + IPV4_DADDR, skb.len, IPPROTO_UDP, 0);
  if (skb.ipSummed === CHECKSUM_COMPLETE && csumFold(csumAdd(pseudo, skb.csum)) === 0) {
    skb.csumValid = true;
    return true;
  }
  skb.csum = pseudo;
  if (skb.len > CHECKSUM_BREAK) return true;
  skb.csumValid = udpChecksumComplete(skb);
  return skb.csumValid;
}

/** One verified checksum was used up. @kernel __skb_decr_checksum_unnecessary include/linux/skbuff.h */
function skbDecrChecksumUnnecessary(skb: SkBuff): void {
  if (skb.ipSummed !== CHECKSUM_UNNECESSARY) return;
  if (skb.csumLevel === 0) skb.ipSummed = CHECKSUM_NONE;
  else skb.csumLevel--;
}
