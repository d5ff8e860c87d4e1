/** Segmentation of IPv6 inside IPv4, and of either family inside IPv6; `data` is at the inner header. */
import { SKB_GSO_IPXIP4, SKB_GSO_IPXIP6 } from "../../abi/features.js";
import { EINVAL } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { inetGsoSegment } from "../ipv4/afInet.js";
import type { NetKernel, Segments } from "../NetKernel.js";
import { ipv6GsoSegment } from "./ip6Offload.js";

/** IPv6 inside IPv4. @kernel sit_gso_segment net/ipv6/ip6_offload.c v6.12 */
export function sitGsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  return skb.shinfo.gsoType & SKB_GSO_IPXIP4 ? ipv6GsoSegment(k, skb, features) : -EINVAL;
}

/** IPv4 inside IPv6. @kernel ip4ip6_gso_segment net/ipv6/ip6_offload.c v6.12 */
export function ip4ip6GsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  return skb.shinfo.gsoType & SKB_GSO_IPXIP6 ? inetGsoSegment(k, skb, features) : -EINVAL;
}

/** IPv6 inside IPv6. @kernel ip6ip6_gso_segment net/ipv6/ip6_offload.c v6.12 */
export function ip6ip6GsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  return skb.shinfo.gsoType & SKB_GSO_IPXIP6 ? ipv6GsoSegment(k, skb, features) : -EINVAL;
}
