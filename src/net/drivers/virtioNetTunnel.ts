/**
 * The virtio_net_hdr of 24 bytes, which can say that a UDP tunnel's header lies between the link header and the packet
 * to segment: checked and turned into sk_buff metadata, and made again on the way out.
 */

import { SKB_GSO_UDP_TUNNEL, SKB_GSO_UDP_TUNNEL_CSUM } from "../../abi/features.js";
import { readU8 } from "../../skb/bytes.js";
import { EINVAL, type Errno } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { IPV4_HLEN } from "../../wire/ipv4.js";
import { IPV6_HLEN } from "../../wire/ipv6.js";
import { UDP_HLEN } from "../../wire/udp.js";
import {
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM,
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_TCPV6,
  VIRTIO_NET_HDR_GSO_UDP,
  VIRTIO_NET_HDR_GSO_UDP_L4,
  VIRTIO_NET_HDR_GSO_UDP_TUNNEL,
  VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4,
  VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6,
  type VirtioNetHdrTunnel,
} from "../../wire/virtioNetHdr.js";
import type { NetKernel } from "../NetKernel.js";
import { virtioNetHdrFromSkb, virtioNetHdrToSkb } from "./virtioNet.js";

const l3Min = (isIpv6: boolean): number => (isIpv6 ? IPV6_HLEN : IPV4_HLEN);

/**
 * Takes what the header says into the sk_buff; `data` is at the start of the frame. The inner link header counts as
 * part of the tunnel's header: the packet to segment begins at its IP header. `negotiated`: whether the other side may
 * speak of tunnels. -EINVAL for everything untrue.
 *
 * @kernel virtio_net_hdr_tnl_to_skb include/linux/virtio_net.h v6.18
 */
export function virtioNetHdrTnlToSkb(k: NetKernel, skb: SkBuff, hdr: VirtioNetHdrTunnel, negotiated: boolean): Errno {
  const tunnelType = hdr.gsoType & VIRTIO_NET_HDR_GSO_UDP_TUNNEL;
  if (tunnelType === 0) return virtioNetHdrToSkb(k, skb, hdr);
  if (!negotiated || tunnelType === VIRTIO_NET_HDR_GSO_UDP_TUNNEL) return -EINVAL;
  const innerType = hdr.gsoType & ~(VIRTIO_NET_HDR_GSO_ECN | VIRTIO_NET_HDR_GSO_UDP_TUNNEL);
  if (innerType === VIRTIO_NET_HDR_GSO_NONE || innerType === VIRTIO_NET_HDR_GSO_UDP) return -EINVAL;
  if (!(hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)) return -EINVAL;

  const { csumStart: innerTh, innerNhOffset: innerNh, outerThOffset: outerTh } = hdr;
  const outerIsIpv6 = tunnelType === VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6;
  let innerIsIpv6 = innerType === VIRTIO_NET_HDR_GSO_TCPV6;
  if (outerTh < ETH_HLEN + l3Min(outerIsIpv6)) return -EINVAL;
  if (innerNh < outerTh + UDP_HLEN || innerTh < innerNh + l3Min(innerIsIpv6)) return -EINVAL;

  const err = virtioNetHdrToSkb(k, skb, { ...hdr, gsoType: hdr.gsoType & ~tunnelType });
  if (err !== 0) return err;
  if (innerType === VIRTIO_NET_HDR_GSO_UDP_L4) {
    // This type does not tell the inner family. Headers are linear up to the inner transport header by now.
    innerIsIpv6 = readU8(skb, skb.data + innerNh) >>> 4 === 6;
    if (innerTh < innerNh + l3Min(innerIsIpv6)) return -EINVAL;
  }

  skb.innerProtocol = innerIsIpv6 ? ETH_P_IPV6 : ETH_P_IP;
  skb.innerProtocolIsIp = false;
  const withChecksum = (hdr.flags & VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM) !== 0;
  skb.shinfo.gsoType |= withChecksum ? SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL;
  skb.innerTransportHeader = (skb.headroom + innerTh) & 0xffff;
  skb.innerNetworkHeader = (skb.headroom + innerNh) & 0xffff;
  skb.innerMacHeader = skb.innerNetworkHeader;
  skb.transportHeader = (skb.headroom + outerTh) & 0xffff;
  skb.encapsulation = true;
  return 0;
}

/**
 * The header for a frame that is read from a tap. `vlanHlen` bytes are about to be inserted in front of the checksum;
 * the tunnel's two offsets do not count them. Undefined for what the header cannot express, among it a packet in a
 * tunnel where the other side was not `negotiated` with to be told of those.
 *
 * @kernel virtio_net_hdr_tnl_from_skb include/linux/virtio_net.h v6.18
 */
export function virtioNetHdrTnlFromSkb(
  skb: SkBuff,
  negotiated: boolean,
  vlanHlen: number,
): VirtioNetHdrTunnel | undefined {
  const { gsoType } = skb.shinfo;
  const isTunnelled = (gsoType & (SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM)) !== 0;
  if (isTunnelled && !negotiated) return undefined;
  const hdr = virtioNetHdrFromSkb(skb, vlanHlen, !isTunnelled);
  if (hdr === undefined) return undefined;
  if (!isTunnelled) return { ...hdr, outerThOffset: 0, innerNhOffset: 0 };
  const family = skb.protocol === ETH_P_IPV6 ? VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6 : VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4;
  return {
    ...hdr,
    gsoType: hdr.gsoType | family,
    flags: hdr.flags | (gsoType & SKB_GSO_UDP_TUNNEL_CSUM ? VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM : 0),
    outerThOffset: (skb.transportHeader - skb.headroom) & 0xffff,
    innerNhOffset: (skb.innerNetworkHeader - skb.headroom) & 0xffff,
  };
}
