/** An IPv6 packet that is for somebody else. Left out: redirects, policy, neighbour proxies, router alert. */
import { bytesAt, readU8, writeU8 } from "../../skb/bytes.js";
import { skbCow } from "../../skb/expand.js";
import { kfreeSkb } from "../../skb/free.js";
import { PACKET_HOST, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN } from "../../wire/ethernet.js";
import { IPV6_HOP_LIMIT, IPV6_SADDR } from "../../wire/ipv6.js";
import { skbIsGso } from "../core/features.js";
import { skbGsoValidateNetworkLen } from "../core/gsoLength.js";
import {
  IPV6_ALEN,
  ipv6AddrIsMulticast,
  ipv6AddrLinklocal,
  ipv6AddrLoopback,
  isAnyAddress,
} from "../core/ipAddress.js";
import { skbWarnIfLro } from "../core/lro.js";
import type { Netns, Route } from "../core/Netns.js";
import { skbForwardCsum } from "../ipv4/ipForward.js";
import type { NetKernel } from "../NetKernel.js";
import {
  ICMPV6_DEST_UNREACH,
  ICMPV6_EXC_HOPLIMIT,
  ICMPV6_NOT_NEIGHBOUR,
  ICMPV6_PKT_TOOBIG,
  ICMPV6_TIME_EXCEED,
  IPV6_MIN_MTU,
} from "./icmpv6.js";
import { icmpv6Send, ip6Output } from "./ip6Output.js";

/** @kernel ip6_pkt_too_big net/ipv6/ip6_output.c v6.12 */
function ip6PktTooBig(skb: SkBuff, mtu: number): boolean {
  if (skb.len <= mtu || skb.ignoreDf) return false;
  return !(skbIsGso(skb) && skbGsoValidateNetworkLen(skb, mtu));
}

/**
 * Sends a packet on; it is consumed. `data` is at its header.
 *
 * @kernel ip6_forward net/ipv6/ip6_output.c v6.12
 */
export function ip6Forward(k: NetKernel, net: Netns, skb: SkBuff, route: Route): void {
  if (skb.pktType !== PACKET_HOST || skb.sk !== null || skbWarnIfLro(skb)) {
    dropped(net, skb, "NOT_SPECIFIED");
    return;
  }
  skbForwardCsum(skb);
  if (readU8(skb, skb.networkHeader + IPV6_HOP_LIMIT) <= 1) {
    icmpv6Send(k, net, skb, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, 0);
    dropped(net, skb, "IP_INHDR");
    return;
  }
  const saddr = bytesAt(skb, skb.networkHeader + IPV6_SADDR, IPV6_ALEN);
  if (isAnyAddress(saddr) || ipv6AddrIsMulticast(saddr) || ipv6AddrLoopback(saddr)) {
    dropped(net, skb, "IP_INADDRERRORS");
    return;
  }
  if (ipv6AddrLinklocal(saddr)) {
    icmpv6Send(k, net, skb, ICMPV6_DEST_UNREACH, ICMPV6_NOT_NEIGHBOUR, 0);
    dropped(net, skb, "IP_INADDRERRORS");
    return;
  }
  const mtu = Math.max(route.mtu, IPV6_MIN_MTU);
  if (ip6PktTooBig(skb, mtu)) {
    skb.dev = route.device;
    icmpv6Send(k, net, skb, ICMPV6_PKT_TOOBIG, 0, mtu);
    dropped(net, skb, "PKT_TOO_BIG");
    return;
  }
  // The header is about to change: others may see it.
  if (skbCow(skb, ETH_HLEN) !== 0) {
    dropped(net, skb, "NOT_SPECIFIED");
    return;
  }
  const hopLimit = skb.networkHeader + IPV6_HOP_LIMIT;
  writeU8(skb, hopLimit, readU8(skb, hopLimit) - 1);
  ip6Output(k, net, skb, route);
}

function dropped(net: Netns, skb: SkBuff, reason: string): void {
  net.drop("ip6_forward", reason);
  kfreeSkb(skb);
}
