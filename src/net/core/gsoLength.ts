/** How long the segments of a GSO packet will be, from its headers and gso_size: what an MTU is compared with. */
import { GSO_BY_FRAGS, SKB_GSO_SCTP, SKB_GSO_TCPV4, SKB_GSO_TCPV6, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import { readU8 } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { SCTP_HLEN } from "../../wire/sctp.js";
import { TCP_DOFF } from "../../wire/tcp.js";
import { UDP_HLEN } from "../../wire/udp.js";

/**
 * Bytes of a full segment from the outer transport header on. An inner UDP header is not counted, nor is any for UFO,
 * whose gso_size includes it.
 *
 * @kernel skb_gso_transport_seglen net/core/gso.c v6.12
 */
export function skbGsoTransportSeglen(skb: SkBuff): number {
  const { gsoType, gsoSize } = skb.shinfo;
  const isTcp = (gsoType & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) !== 0;
  let thlen = 0;
  if (skb.encapsulation) {
    thlen = skb.innerTransportHeader - skb.transportHeader;
    if (isTcp) thlen += tcpHdrlenAt(skb, skb.innerTransportHeader);
  } else if (isTcp) {
    thlen = tcpHdrlenAt(skb, skb.transportHeader);
  } else if (gsoType & SKB_GSO_SCTP) {
    thlen = SCTP_HLEN;
  } else if (gsoType & SKB_GSO_UDP_L4) {
    thlen = UDP_HLEN;
  }
  return thlen + gsoSize;
}

const tcpHdrlenAt = (skb: SkBuff, th: number): number => (readU8(skb, th + TCP_DOFF) >>> 4) * 4;

/** Bytes of a full segment from the outer network header on. @kernel skb_gso_network_seglen net/core/gso.c */
export const skbGsoNetworkSeglen = (skb: SkBuff): number =>
  skbGsoTransportSeglen(skb) + skb.transportHeader - skb.networkHeader;

/** Bytes of a full segment from the MAC header on. @kernel skb_gso_mac_seglen net/core/gso.c */
export const skbGsoMacSeglen = (skb: SkBuff): number =>
  skbGsoTransportSeglen(skb) + skb.transportHeader - skb.macHeader;

/** Where members say where to cut, the linear part of each is looked at. @kernel skb_gso_size_check net/core/gso.c */
function skbGsoSizeCheck(skb: SkBuff, seglen: number, maxLen: number): boolean {
  const shinfo = skb.shinfo;
  if (shinfo.gsoSize !== GSO_BY_FRAGS) return seglen <= maxLen;
  const headers = seglen - GSO_BY_FRAGS;
  for (let member = shinfo.fragList; member !== null; member = member.next) {
    if (headers + member.headlen > maxLen) return false;
  }
  return true;
}

/** Whether every segment fits an MTU. @kernel skb_gso_validate_network_len net/core/gso.c v6.12 */
export const skbGsoValidateNetworkLen = (skb: SkBuff, mtu: number): boolean =>
  skbGsoSizeCheck(skb, skbGsoNetworkSeglen(skb), mtu);

/** Whether every segment, with its link header, is at most that long. @kernel skb_gso_validate_mac_len net/core/gso.c v6.12 */
export const skbGsoValidateMacLen = (skb: SkBuff, len: number): boolean =>
  skbGsoSizeCheck(skb, skbGsoMacSeglen(skb), len);
