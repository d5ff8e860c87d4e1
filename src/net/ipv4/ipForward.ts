/** An IPv4 packet that is for somebody else. Left out: redirects, policy, router alert, source routes. */
import { CHECKSUM_COMPLETE, CHECKSUM_NONE } from "../../abi/features.js";
import { readU8, readU16, writeU8, writeU16 } from "../../skb/bytes.js";
import { skbCow } from "../../skb/expand.js";
import { kfreeSkb } from "../../skb/free.js";
import { PACKET_HOST, type SkBuff } from "../../skb/SkBuff.js";
import { IP_DF, IPV4_CHECK, IPV4_FRAG_OFF, IPV4_TTL } from "../../wire/ipv4.js";
import { skbIsGso } from "../core/features.js";
import { skbGsoValidateNetworkLen } from "../core/gsoLength.js";
import { skbWarnIfLro } from "../core/lro.js";
import type { Netns, Route } from "../core/Netns.js";
import { LL_RESERVED_SPACE } from "../core/neighbour.js";
import type { NetKernel } from "../NetKernel.js";
import { ICMP_DEST_UNREACH, ICMP_EXC_TTL, ICMP_FRAG_NEEDED, ICMP_TIME_EXCEEDED } from "./icmp.js";
import { type IpOptions, ipForwardOptions, optionBytes } from "./ipOptions.js";
import { icmpSend, ipOutput } from "./ipOutput.js";

/** A sum over the whole packet means nothing behind a changed header. @kernel skb_forward_csum include/linux/skbuff.h */
export function skbForwardCsum(skb: SkBuff): void {
  if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
}

/** @kernel ip_exceeds_mtu net/ipv4/ip_forward.c v6.12 */
function ipExceedsMtu(skb: SkBuff, mtu: number): boolean {
  if (skb.len <= mtu) return false;
  if (!(readU16(skb, skb.networkHeader + IPV4_FRAG_OFF) & IP_DF)) return false;
  if (skb.ignoreDf) return false;
  return !(skbIsGso(skb) && skbGsoValidateNetworkLen(skb, mtu));
}

/** Counts the header's hops down and keeps its checksum right. @kernel ip_decrease_ttl include/net/ip.h v6.12 */
export function ipDecreaseTtl(skb: SkBuff): void {
  const iph = skb.networkHeader;
  const check = readU16(skb, iph + IPV4_CHECK) + 0x0100;
  writeU16(skb, iph + IPV4_CHECK, check >= 0xffff ? check + 1 : check);
  writeU8(skb, iph + IPV4_TTL, readU8(skb, iph + IPV4_TTL) - 1);
}

/**
 * Sends a packet on; it is consumed. `data` is at its header.
 *
 * @kernel ip_forward net/ipv4/ip_forward.c v6.12
 */
export function ipForward(k: NetKernel, net: Netns, skb: SkBuff, route: Route, options: IpOptions): void {
  if (skb.pktType !== PACKET_HOST || skb.sk !== null || skbWarnIfLro(skb)) {
    dropped(net, skb, "NOT_SPECIFIED");
    return;
  }
  skbForwardCsum(skb);
  if (readU8(skb, skb.networkHeader + IPV4_TTL) <= 1) {
    icmpSend(k, net, skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
    dropped(net, skb, "IP_INHDR");
    return;
  }
  if (ipExceedsMtu(skb, route.mtu)) {
    icmpSend(k, net, skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, route.mtu);
    dropped(net, skb, "PKT_TOO_BIG");
    return;
  }
  // The header is about to change: others may see it.
  if (skbCow(skb, LL_RESERVED_SPACE) !== 0) {
    dropped(net, skb, "NOT_SPECIFIED");
    return;
  }
  ipDecreaseTtl(skb);
  if (optionBytes(skb) > 0) ipForwardOptions(skb, options, route.source);
  ipOutput(k, net, skb, route);
}

function dropped(net: Netns, skb: SkBuff, reason: string): void {
  net.drop("ip_forward", reason);
  kfreeSkb(skb);
}
