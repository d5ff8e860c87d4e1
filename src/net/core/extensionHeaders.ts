/** Whether a packet has IPv6 extension headers, which many devices' checksum engines do not step over. */
import { SKB_GSO_TCPV6, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import { skbHeaderBytes } from "../../skb/read.js";
import { HEADER_UNSET, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import { IPV6_HLEN, IPV6_NEXTHDR } from "../../wire/ipv6.js";
import {
  NEXTHDR_AUTH,
  NEXTHDR_DEST,
  NEXTHDR_FRAGMENT,
  NEXTHDR_HOP,
  NEXTHDR_NONE,
  NEXTHDR_ROUTING,
} from "../../wire/ipv6Ext.js";
import { skbNetworkProtocol } from "./networkProtocol.js";

const EXTENSION_HEADERS: ReadonlySet<number> = new Set([
  NEXTHDR_HOP,
  NEXTHDR_ROUTING,
  NEXTHDR_FRAGMENT,
  NEXTHDR_AUTH,
  NEXTHDR_NONE,
  NEXTHDR_DEST,
]);

const isIpv6 = (skb: SkBuff): boolean => skbNetworkProtocol(skb).type === ETH_P_IPV6;

const transportIsNotBehindBareHeader = (skb: SkBuff): boolean =>
  skb.transportHeader !== HEADER_UNSET && skb.networkHeaderLen !== IPV6_HLEN;

/** Whether the header at `offset` behind `data`, linear or not, is an IPv6 one that announces an extension header. */
function announcesExtension(skb: SkBuff, offset: number): boolean {
  const header = skbHeaderBytes(skb, offset, IPV6_HLEN);
  if (header === null || (header[0] as number) >>> 4 !== 6) return false;
  return EXTENSION_HEADERS.has(header[IPV6_NEXTHDR] as number);
}

/** In the outer and, for an encapsulated packet, in the inner header. @kernel gso_features_check net/core/dev.c v6.12 */
export function hasIpv6ExtensionHeader(skb: SkBuff): boolean {
  if (isIpv6(skb)) {
    if (announcesExtension(skb, skb.networkOffset)) return true;
    if (!skb.encapsulation && transportIsNotBehindBareHeader(skb)) return true;
  }
  return skb.encapsulation && skb.innerNetworkHeader > 0 && announcesExtension(skb, skb.innerNetworkHeader - skb.data);
}

/**
 * As older releases had it: header lengths alone, and only where the type says that the packet is TCP or UDP over IPv6.
 *
 * @kernel skb_gso_has_extension_hdr net/core/dev.c v6.1
 */
export function gsoHasIpv6ExtensionHeader(skb: SkBuff): boolean {
  if (!skb.encapsulation) return gsoHasLongOuterHeader(skb);
  if (skb.innerNetworkHeader === 0) return true;
  const { gsoType } = skb.shinfo;
  const ipv6 = (gsoType & SKB_GSO_TCPV6) !== 0 || ((gsoType & SKB_GSO_UDP_L4) !== 0 && innerVersion(skb) === 6);
  return ipv6 && skb.innerTransportHeader - skb.innerNetworkHeader !== IPV6_HLEN;
}

/** The same of the outer header, whatever is inside. @kernel gso_features_check net/core/dev.c v6.17 */
export function gsoHasLongOuterHeader(skb: SkBuff): boolean {
  const { gsoType } = skb.shinfo;
  const ipv6 = (gsoType & SKB_GSO_TCPV6) !== 0 || ((gsoType & SKB_GSO_UDP_L4) !== 0 && isIpv6(skb));
  return ipv6 && transportIsNotBehindBareHeader(skb);
}

function innerVersion(skb: SkBuff): number {
  const header = skbHeaderBytes(skb, skb.innerNetworkHeader - skb.data, 1);
  return header === null ? 0 : (header[0] as number) >>> 4;
}

/** As older releases had it, for a packet about to be summed. @kernel skb_csum_hwoffload_help net/core/dev.c v6.1 */
export const isIpv6WithLongHeader = (skb: SkBuff): boolean => isIpv6(skb) && skb.networkHeaderLen !== IPV6_HLEN;
