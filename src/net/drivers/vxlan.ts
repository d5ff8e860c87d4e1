/**
 * A VXLAN device with one remote: every frame leaves inside a UDP packet. Left out: receiving, the forwarding database,
 * several remotes, metadata mode, the path MTU check, GPE, remote checksum offload.
 */
import {
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_SOFTWARE,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import { readU8, readU16, writeU32 } from "../../skb/bytes.js";
import type { Errno } from "../../skb/errno.js";
import { skbCowHead } from "../../skb/expand.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbPushInner, skbResetMacHeader } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, ETH_P_TEB } from "../../wire/ethernet.js";
import { IPV4_HLEN, IPV4_TOS } from "../../wire/ipv4.js";
import { IPV6_FLOW, IPV6_HLEN } from "../../wire/ipv6.js";
import { UDP_HLEN } from "../../wire/udp.js";
import { VXLAN_FLAGS, VXLAN_HF_VNI, VXLAN_HLEN, VXLAN_VNI } from "../../wire/vxlan.js";
import { type NetDevice, netDevice } from "../core/NetDevice.js";
import type { Netns } from "../core/Netns.js";
import { skbNetworkProtocol } from "../core/networkProtocol.js";
import {
  iptunnelHandleOffloads,
  type OuterHeaders,
  skbScrubPacket,
  udpTunnel6XmitSkb,
  udpTunnelXmitSkb,
} from "../ipv4/ipTunnel.js";
import type { NetKernel } from "../NetKernel.js";

/** @kernel VXLAN_HLEN include/net/vxlan.h: both headers */
const UDP_AND_VXLAN_HLEN = UDP_HLEN + VXLAN_HLEN;
/** Room that link headers get. @kernel LL_RESERVED_SPACE of an Ethernet device include/linux/netdevice.h */
const LL_RESERVED_SPACE = (ETH_HLEN & ~15) + 16;

const INET_ECN_MASK = 3;
const INET_ECN_ECT_0 = 2;
const INET_ECN_CE = 3;

/** @kernel vxlan_setup drivers/net/vxlan/vxlan_core.c */
export const VXLAN_FEATURES = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_FRAGLIST | NETIF_F_GSO_SOFTWARE;

/** @kernel struct vxlan_config include/net/vxlan.h */
export interface VxlanConfig {
  /** 24 bits. */
  readonly vni: number;
  /** Four or sixteen bytes each. */
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  readonly dstPort: number;
  /** The kernel draws one per flow from a range; here the range holds one port. */
  readonly srcPort: number;
  readonly ttl: number;
  /** The outer UDP checksum is filled. */
  readonly udpCsum: boolean;
}

/** The device; what it sends is routed in `net`. */
export function vxlanDevice(
  k: NetKernel,
  net: Netns,
  name: string,
  config: VxlanConfig,
  own: Partial<NetDevice> = {},
): NetDevice {
  return netDevice(name, VXLAN_FEATURES, {
    net,
    startXmit: (skb) => vxlanXmit(k, net, skb, config),
    ...own,
  });
}

/** Consumes the packet, whose `data` is at its MAC header. @kernel vxlan_xmit drivers/net/vxlan/vxlan_core.c v6.12 */
function vxlanXmit(k: NetKernel, net: Netns, skb: SkBuff, config: VxlanConfig): void {
  skbResetMacHeader(skb);
  vxlanXmitOne(k, net, skb, config);
}

/** @kernel vxlan_xmit_one drivers/net/vxlan/vxlan_core.c v6.12 */
function vxlanXmitOne(k: NetKernel, net: Netns, skb: SkBuff, config: VxlanConfig): void {
  const { local, remote } = config;
  const isIpv4 = remote.length === 4;
  const outer: OuterHeaders = {
    saddr: local,
    daddr: remote,
    source: config.srcPort,
    dest: config.dstPort,
    tos: ipTunnelEcnEncap(0, skb),
    ttl: config.ttl,
    df: 0,
    nocheck: !config.udpCsum,
  };
  if (!isIpv4) skbScrubPacket(skb);
  if (vxlanBuildSkb(skb, isIpv4 ? IPV4_HLEN : IPV6_HLEN, config) !== 0) {
    kfreeSkb(skb);
    return;
  }
  if (isIpv4) udpTunnelXmitSkb(k, net, skb, outer);
  else udpTunnel6XmitSkb(k, net, skb, outer);
}

/** Room, offload state and the VXLAN header. @kernel vxlan_build_skb drivers/net/vxlan/vxlan_core.c v6.12 */
function vxlanBuildSkb(skb: SkBuff, iphdrLen: number, { vni, udpCsum }: VxlanConfig): Errno {
  const minHeadroom = LL_RESERVED_SPACE + UDP_AND_VXLAN_HLEN + iphdrLen;
  const noRoom = skbCowHead(skb, minHeadroom);
  if (noRoom !== 0) return noRoom;
  const err = iptunnelHandleOffloads(skb, udpCsum ? SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL);
  if (err !== 0) return err;
  skbPushInner(skb, VXLAN_HLEN);
  writeU32(skb, skb.data + VXLAN_FLAGS, VXLAN_HF_VNI);
  writeU32(skb, skb.data + VXLAN_VNI, (vni << 8) >>> 0);
  skb.innerProtocol = ETH_P_TEB;
  skb.innerProtocolIsIp = false;
  return 0;
}

/**
 * The outer type of service: congestion marks of the inner packet show outside, but a mark that was set on the way is not
 * doubled.
 *
 * @kernel ip_tunnel_ecn_encap include/net/ip_tunnels.h and INET_ECN_encapsulate include/net/inet_ecn.h
 */
function ipTunnelEcnEncap(tos: number, skb: SkBuff): number {
  const inner = innerDsfield(skb) & INET_ECN_MASK;
  return (tos & ~INET_ECN_MASK) | (inner === INET_ECN_CE ? INET_ECN_ECT_0 : inner);
}

/** @kernel ip_tunnel_get_dsfield include/net/ip_tunnels.h */
function innerDsfield(skb: SkBuff): number {
  const { type } = skbNetworkProtocol(skb);
  if (type === ETH_P_IP) return readU8(skb, skb.networkHeader + IPV4_TOS);
  if (type === ETH_P_IPV6) return (readU16(skb, skb.networkHeader + IPV6_FLOW) >>> 4) & 0xff;
  return 0;
}
