/**
 * IPv6 packets on their way out: the check of lengths against the MTU, segmentation and fragmentation in software, the
 * link header. Left out: multicast loops back to the sender, policy, sockets' own MTU settings, jumbograms of our own.
 */
import { NETIF_F_GSO_MASK } from "../../abi/features.js";
import { bytesAt, writeU16 } from "../../skb/bytes.js";
import { EMSGSIZE, ENETUNREACH, ENOMEM, type Errno } from "../../skb/errno.js";
import { consumeSkb, kfreeSkb } from "../../skb/free.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import { IPV6_DADDR, IPV6_HLEN, IPV6_PAYLOAD_LEN } from "../../wire/ipv6.js";
import { netifSkbFeatures } from "../core/dev.js";
import { skbIsGso } from "../core/features.js";
import { isErr, skbGsoSegment } from "../core/gso.js";
import { IPV6_ALEN } from "../core/ipAddress.js";
import type { Netns, Route } from "../core/Netns.js";
import { neighOutput } from "../core/neighbour.js";
import type { NetKernel } from "../NetKernel.js";
import { nfNatInet } from "../netfilter/nat.js";
import { ICMPV6_PKT_TOOBIG, makeIcmpv6 } from "./icmpv6.js";
import { fragmentIpv6 } from "./ip6Fragment.js";

const IPV6_MAXPLEN = 0xffff;

/** Tells the sender of a packet what was wrong with it. @kernel icmpv6_send net/ipv6/ip6_icmp.c */
export function icmpv6Send(k: NetKernel, net: Netns, about: SkBuff, type: number, code: number, info: number): void {
  const error = makeIcmpv6(net, about, type, code, info);
  if (error !== null) ip6LocalOut(k, net, error);
}

/**
 * Sends a packet of our own: `data` is at its header, which lacks the payload length. It is routed by its destination and
 * consumed.
 *
 * @kernel ip6_local_out net/ipv6/output_core.c v6.12
 */
export function ip6LocalOut(k: NetKernel, net: Netns, skb: SkBuff): Errno {
  const len = skb.len - IPV6_HLEN;
  writeU16(skb, skb.networkHeader + IPV6_PAYLOAD_LEN, len > IPV6_MAXPLEN ? 0 : len);
  skb.protocol = ETH_P_IPV6;
  const route = net.routeOutput(bytesAt(skb, skb.networkHeader + IPV6_DADDR, IPV6_ALEN));
  if (route === null) {
    net.drop("ip6_local_out", "IP_OUTNOROUTES");
    kfreeSkb(skb);
    return -ENETUNREACH;
  }
  return ip6Output(k, net, skb, route);
}

/** @kernel ip6_output net/ipv6/ip6_output.c v6.12 */
export function ip6Output(k: NetKernel, net: Netns, skb: SkBuff, route: Route): Errno {
  skb.dev = route.device;
  skb.protocol = ETH_P_IPV6;
  if (net.interfaceOf(route.device)?.ipv6.length === 0) {
    net.drop("ip6_output", "IPV6DISABLED");
    kfreeSkb(skb);
    return 0;
  }
  if (!nfNatInet(k, net, skb, "postrouting")) return 0;
  return ip6FinishOutput(k, net, skb, route);
}

/** @kernel __ip6_finish_output net/ipv6/ip6_output.c v6.12 */
function ip6FinishOutput(k: NetKernel, net: Netns, skb: SkBuff, route: Route): Errno {
  if (skbIsGso(skb)) {
    if (!k.ip6Output.segmentsFit(skb, route.mtu)) return ip6FinishOutputGsoSlowpathDrop(k, net, skb, route);
  } else if (skb.len > route.mtu) {
    return ip6Fragment(k, net, skb, route);
  }
  return neighOutput(k, net, skb, route);
}

/**
 * A GSO packet whose segments are too long is segmented here; those that are too long are dealt with as packets.
 *
 * @kernel ip6_finish_output_gso_slowpath_drop net/ipv6/ip6_output.c v6.12
 */
function ip6FinishOutputGsoSlowpathDrop(k: NetKernel, net: Netns, skb: SkBuff, route: Route): Errno {
  const features = netifSkbFeatures(k, skb, route.device);
  const segs = skbGsoSegment(k, skb, features & ~NETIF_F_GSO_MASK);
  if (segs === null || isErr(segs)) {
    net.drop("ip6_finish_output_gso_slowpath_drop", "NOT_SPECIFIED");
    kfreeSkb(skb);
    return -ENOMEM;
  }
  consumeSkb(skb);
  let ret: Errno = 0;
  let next: SkBuff | null = null;
  for (let seg: SkBuff | null = segs; seg !== null; seg = next) {
    next = seg.next;
    seg.next = null;
    // A last segment that fits needs no fragment header.
    const err = seg.len > route.mtu ? ip6Fragment(k, net, seg, route) : neighOutput(k, net, seg, route);
    if (err !== 0 && ret === 0) ret = err;
  }
  return ret;
}

/**
 * Only packets of our own are fragmented; senders of others are told.
 *
 * @kernel ip6_fragment net/ipv6/ip6_output.c v6.12
 */
function ip6Fragment(k: NetKernel, net: Netns, skb: SkBuff, route: Route): Errno {
  if (skb.ignoreDf) {
    const limit = { mtu: route.mtu, identification: k.udpOffload.ipv6FragmentId(skb) };
    const err = fragmentIpv6(skb, limit, (fragment) => neighOutput(k, net, fragment, route));
    if (err !== undefined) return err;
  }
  icmpv6Send(k, net, skb, ICMPV6_PKT_TOOBIG, 0, route.mtu);
  net.drop("ip6_fragment", "PKT_TOO_BIG");
  kfreeSkb(skb);
  return -EMSGSIZE;
}
