/** Segmentation of IPv4 inside IPv4. */
import { SKB_GSO_IPXIP4 } from "../../abi/features.js";
import { EINVAL } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import type { NetKernel, Segments } from "../NetKernel.js";
import { inetGsoSegment } from "./afInet.js";

/** `data` is at the inner header. @kernel ipip_gso_segment net/ipv4/af_inet.c v6.12 */
export function ipipGsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  return skb.shinfo.gsoType & SKB_GSO_IPXIP4 ? inetGsoSegment(k, skb, features) : -EINVAL;
}
