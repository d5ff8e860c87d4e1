/**
 * Segmentation of packets inside a UDP tunnel: VXLAN and Geneve with a frame inside, FOU with an IP protocol inside.
 * Left out: IPsec behind the tunnel, which forbids leaving the outer checksum to the device.
 */

import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NETIF_F_CSUM_MASK,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SCTP_CRC,
  SKB_GSO_PARTIAL,
  SKB_GSO_TUNNEL_REMCSUM,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import { CSUM_MANGLED_0, csumAdd, csumFold, csumSub } from "../../bytes/checksum.js";
import { readU16, writeU16 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { UDP_CHECK, UDP_LEN } from "../../wire/udp.js";
import { skbIsGso } from "../core/features.js";
import { gsoMakeChecksum, isErr, skbGsoErrorUnwind, skbMacGsoSegment, skbTnlHeaderLen } from "../core/gso.js";
import { enterTunnel, leaveTunnel, tunnelDevice } from "../core/tunnelGso.js";
import type { GsoSegment, NetKernel, Segments } from "../NetKernel.js";

/**
 * `data` is at the outer UDP header; `inner_mac_header` is the end of the tunnel's headers. -EINVAL for an inner
 * protocol without a handler.
 *
 * @kernel skb_udp_tunnel_segment net/ipv4/udp_offload.c v6.12
 */
export function skbUdpTunnelSegment(k: NetKernel, skb: SkBuff, features: number, isIpv6: boolean): Segments {
  if (!skb.innerProtocolIsIp) {
    return skbUdpTunnelSegmentInner(k, skb, features, skbMacGsoSegment, skb.innerProtocol, isIpv6);
  }
  const handler = (isIpv6 ? k.offloads.inet6 : k.offloads.inet).get(skb.innerProtocol);
  if (handler === undefined) return -EINVAL;
  return skbUdpTunnelSegmentInner(k, skb, features, handler, skb.protocol, isIpv6);
}

/** What stays the same over all segments. */
interface UdpTunnelPlan {
  readonly gsoPartial: boolean;
  readonly needCsum: boolean;
  /** The device completes the outer checksum where it has no inner one to complete. */
  readonly offloadCsum: boolean;
  /** The outer pseudo header without its length. */
  readonly partial: number;
  /** From the outer MAC header to the UDP header. */
  readonly udpOffset: number;
}

/**
 * Cuts the inner packet by `gsoInnerSegment` and gives each piece the outer headers.
 *
 * On an error or NULL the outer packet is as it was, apart from its transport header, its running sums and
 * `encapsulation`, which is set.
 *
 * @kernel __skb_udp_tunnel_segment net/ipv4/udp_offload.c v6.12
 */
function skbUdpTunnelSegmentInner(
  k: NetKernel,
  skb: SkBuff,
  features: number,
  gsoInnerSegment: GsoSegment,
  newProtocol: number,
  isIpv6: boolean,
): Segments {
  const tnlHlen = skb.innerMacHeader - skb.transportHeader;
  if (!pskbMayPull(skb, tnlHlen)) return -EINVAL;

  // The length field cannot be believed: the packet may be longer than 16 bits can tell.
  const type = skb.shinfo.gsoType;
  const uh = skb.transportHeader;
  const oldLen = type & SKB_GSO_PARTIAL ? readU16(skb, uh + UDP_LEN) : skb.len;
  const partial = csumSub(readU16(skb, uh + UDP_CHECK), oldLen);

  const outer = enterTunnel(skb, tnlHlen, newProtocol);
  skb.transportHeader = skb.innerTransportHeader;
  const needCsum = (type & SKB_GSO_UDP_TUNNEL_CSUM) !== 0;
  const remcsum = (type & SKB_GSO_TUNNEL_REMCSUM) !== 0;
  skb.encapHdrCsum = needCsum;
  skb.remcsumOffload = remcsum;

  const device = tunnelDevice(skb);
  const familyCsum = isIpv6 ? NETIF_F_IPV6_CSUM : NETIF_F_IP_CSUM;
  const offloadCsum = needCsum && (device.features & (NETIF_F_HW_CSUM | familyCsum)) !== 0;
  features &= device.hwEncFeatures;
  if (needCsum) features &= ~NETIF_F_SCTP_CRC;
  if (remcsum) {
    // The receiver completes the inner checksum, so the only one that a device may compute is the outer one.
    features &= ~NETIF_F_CSUM_MASK;
    if (!needCsum || offloadCsum) features |= NETIF_F_HW_CSUM;
  }

  const segs = gsoInnerSegment(k, skb, features);
  if (segs === null || isErr(segs)) {
    skbGsoErrorUnwind(skb, outer.protocol, tnlHlen, outer.macHeader, outer.macLen);
    return segs;
  }

  const outerHlen = skbTnlHeaderLen(skb);
  const gsoPartial = (segs.shinfo.gsoType & SKB_GSO_PARTIAL) !== 0;
  const plan = { gsoPartial, needCsum, offloadCsum, partial, udpOffset: outerHlen - tnlHlen };
  for (let seg: SkBuff | null = segs; seg !== null; seg = seg.next) {
    if (remcsum) seg.ipSummed = CHECKSUM_NONE;
    leaveTunnel(seg, outer, outerHlen, plan.udpOffset);
    finishOuterUdp(seg, plan);
  }
  return segs;
}

/** Length and checksum of the outer UDP header of one segment. */
function finishOuterUdp(seg: SkBuff, plan: UdpTunnelPlan): void {
  const uh = seg.transportHeader;
  const len = seg.len - plan.udpOffset;
  // A device that cuts on repeats this header: it has the length of one of its pieces.
  const ofOne = plan.gsoPartial && skbIsGso(seg);
  const lenField = ofOne ? seg.shinfo.gsoSize + seg.cbMacOffset - uh : len;
  writeU16(seg, uh + UDP_LEN, lenField & 0xffff);
  if (!plan.needCsum) return;

  const check = ~csumFold(csumAdd(plan.partial, len)) & 0xffff;
  writeU16(seg, uh + UDP_CHECK, check);
  if (seg.encapsulation || !plan.offloadCsum) {
    writeU16(seg, uh + UDP_CHECK, gsoMakeChecksum(seg, ~check & 0xffff) || CSUM_MANGLED_0);
  } else {
    seg.ipSummed = CHECKSUM_PARTIAL;
    seg.csumStart = uh;
    seg.csumOffset = UDP_CHECK;
  }
}
