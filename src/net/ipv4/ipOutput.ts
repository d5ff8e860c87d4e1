/**
 * IPv4 packets on their way out: the check of lengths against the MTU, segmentation and fragmentation in software, the
 * link header. Left out: multicast loops back to the sender, policy, sockets' own MTU settings.
 */
import { NETIF_F_GSO_MASK } from "../../abi/features.js";
import { bytesAt, readU16, writeU16 } from "../../skb/bytes.js";
import { EMSGSIZE, ENETUNREACH, ENOMEM, type Errno } from "../../skb/errno.js";
import { consumeSkb, kfreeSkb } from "../../skb/free.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import { IP_DF, IPV4_DADDR, IPV4_FRAG_OFF, IPV4_TOT_LEN } from "../../wire/ipv4.js";
import { netifSkbFeatures } from "../core/dev.js";
import { skbIsGso } from "../core/features.js";
import { isErr, skbGsoSegment } from "../core/gso.js";
import { skbGsoValidateNetworkLen } from "../core/gsoLength.js";
import { IPV4_ALEN } from "../core/ipAddress.js";
import type { Netns, Route } from "../core/Netns.js";
import { neighOutput } from "../core/neighbour.js";
import type { NetKernel } from "../NetKernel.js";
import { nfNatInet } from "../netfilter/nat.js";
import { ipSendCheck } from "./afInet.js";
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, makeIcmp } from "./icmp.js";
import { ipDoFragment } from "./ipFragment.js";

/** Tells the sender of a packet what was wrong with it. @kernel icmp_send net/ipv4/icmp.c */
export function icmpSend(k: NetKernel, net: Netns, about: SkBuff, type: number, code: number, info: number): void {
  const error = makeIcmp(net, about, type, code, info);
  if (error !== null) ipLocalOut(k, net, error);
}

/**
 * Sends a packet of our own: `data` is at its header, which lacks the total length and the checksum. It is routed by its
 * destination and consumed.
 *
 * @kernel ip_local_out net/ipv4/ip_output.c v6.12
 */
export function ipLocalOut(k: NetKernel, net: Netns, skb: SkBuff): Errno {
  const iph = skb.networkHeader;
  // Too long to be told: a GSO packet whose segments will say.
  writeU16(skb, iph + IPV4_TOT_LEN, skb.len > 0xffff ? 0 : skb.len);
  ipSendCheck(skb, iph);
  skb.protocol = ETH_P_IP;
  const route = net.routeOutput(bytesAt(skb, iph + IPV4_DADDR, IPV4_ALEN));
  if (route === null) {
    net.drop("ip_local_out", "IP_OUTNOROUTES");
    kfreeSkb(skb);
    return -ENETUNREACH;
  }
  return ipOutput(k, net, skb, route);
}

/** @kernel ip_output net/ipv4/ip_output.c v6.12 */
export function ipOutput(k: NetKernel, net: Netns, skb: SkBuff, route: Route): Errno {
  skb.dev = route.device;
  skb.protocol = ETH_P_IP;
  if (!nfNatInet(k, net, skb, "postrouting")) return 0;
  return ipFinishOutput(k, net, skb, route);
}

/** @kernel __ip_finish_output net/ipv4/ip_output.c v6.12 */
function ipFinishOutput(k: NetKernel, net: Netns, skb: SkBuff, route: Route): Errno {
  if (skbIsGso(skb)) return ipFinishOutputGso(k, net, skb, route);
  if (skb.len > route.mtu) return ipFragment(k, net, skb, route);
  return neighOutput(k, net, skb, route);
}

/**
 * A GSO packet whose segments are too long is segmented here, and each segment fragmented.
 *
 * @kernel ip_finish_output_gso net/ipv4/ip_output.c v6.12
 */
function ipFinishOutputGso(k: NetKernel, net: Netns, skb: SkBuff, route: Route): Errno {
  if (skbGsoValidateNetworkLen(skb, route.mtu)) return neighOutput(k, net, skb, route);
  const features = netifSkbFeatures(k, skb, route.device);
  const segs = skbGsoSegment(k, skb, features & ~NETIF_F_GSO_MASK);
  if (segs === null || isErr(segs)) {
    net.drop("ip_finish_output_gso", "NOT_SPECIFIED");
    kfreeSkb(skb);
    return -ENOMEM;
  }
  consumeSkb(skb);
  let ret: Errno = 0;
  let next: SkBuff | null = null;
  for (let seg: SkBuff | null = segs; seg !== null; seg = next) {
    next = seg.next;
    seg.next = null;
    const err = ipFragment(k, net, seg, route);
    if (err !== 0 && ret === 0) ret = err;
  }
  return ret;
}

/**
 * Fragments a packet, unless it says that it must not be: then its sender is told.
 *
 * @kernel ip_fragment net/ipv4/ip_output.c v6.12
 */
function ipFragment(k: NetKernel, net: Netns, skb: SkBuff, route: Route): Errno {
  const mustNot = (readU16(skb, skb.networkHeader + IPV4_FRAG_OFF) & IP_DF) !== 0;
  if (mustNot && !skb.ignoreDf) {
    icmpSend(k, net, skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, route.mtu);
    net.drop("ip_fragment", "NOT_SPECIFIED");
    kfreeSkb(skb);
    return -EMSGSIZE;
  }
  return ipDoFragment(skb, route.mtu, (fragment) => neighOutput(k, net, fragment, route));
}
