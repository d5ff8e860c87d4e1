/** What the stack knows of a packet besides its bytes: header offsets, GSO fields, checksum state, owner. */
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_SG,
  SKB_GSO_DODGY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_GRE,
  SKB_GSO_GRE_CSUM,
  SKB_GSO_IPXIP4,
  SKB_GSO_IPXIP6,
  SKB_GSO_SCTP,
  SKB_GSO_TCP_ECN,
  SKB_GSO_TCP_FIXEDID,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_TUNNEL_REMCSUM,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import { type NetDevice, netDevice } from "../../net/core/NetDevice.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbSetOwnerW, tcpSetOwnerW } from "../../skb/owner.js";
import { skbChecksum } from "../../skb/read.js";
import { PACKET_HOST, PACKET_LOOPBACK, PACKET_MULTICAST, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN, ETH_P_8021AD, ETH_P_8021Q, ETH_P_IPV6, ETH_P_TEB } from "../../wire/ethernet.js";
import { IPPROTO_IPIP, IPPROTO_IPV6 } from "../../wire/ipTunnel.js";
import { IPV4_HLEN } from "../../wire/ipv4.js";
import { TCPHDR_CWR } from "../../wire/tcp.js";
import type { PacketPlan } from "./packetPlan.js";
import { encapsulationOf, etherTypeAt, type TunnelPlan } from "./tunnelHeaders.js";
import type { World } from "./World.js";

/** Where packets that the stack laid out came in. Tunnels may leave to it what it can do: it computes no checksums. */
export const INGRESS: NetDevice = netDevice("ingress", NETIF_F_SG, { startXmit: kfreeSkb });

/** The head: header offsets from the link header at `mac` on, and what eth_type_trans and tunnel devices would say. */
export function describeHead(skb: SkBuff, plan: PacketPlan, mac: number): void {
  describe(skb, plan, { mac, network: mac + plan.macLen, transport: mac + plan.transportOffset }, linkProtocol(plan));
  skb.dev = INGRESS;
  if (plan.tunnels.length > 0) describeTunnels(skb, plan, mac);
}

/** A member: its own headers, which start at `mac`, are those of a packet that came in alone. */
export function describeMember(skb: SkBuff, plan: PacketPlan, mac: number): void {
  const { tunnels } = plan;
  const isInTunnel = tunnels.length > 0;
  const network = mac + (isInTunnel ? ETH_HLEN : plan.macLen);
  const transport = network + plan.transportOffset - plan.jumboLen - plan.networkOffset;
  describe(skb, plan, { mac, network, transport }, isInTunnel ? etherTypeAt(plan, tunnels.length) : linkProtocol(plan));
}

interface Offsets {
  readonly mac: number;
  readonly network: number;
  readonly transport: number;
}

function describe(skb: SkBuff, { recipe, tunnels }: PacketPlan, offsets: Offsets, protocol: number): void {
  const isToGroup = recipe.cast === "multicast" && tunnels.length === 0;
  skb.macHeader = offsets.mac;
  skb.networkHeader = offsets.network;
  skb.transportHeader = offsets.transport;
  skb.macLen = offsets.network - offsets.mac;
  skb.protocol = protocol;
  skb.pktType = isToGroup ? PACKET_MULTICAST : recipe.cast === "loopback" ? PACKET_LOOPBACK : PACKET_HOST;
}

/** What the outermost link header announces: the first tag, or what it carries. */
function linkProtocol(plan: PacketPlan): number {
  const tag = plan.recipe.vlan[0];
  if (tag === undefined) return etherTypeAt(plan, 0);
  return tag.tpid === "802.1Q" ? ETH_P_8021Q : ETH_P_8021AD;
}

/**
 * Labels make an inner packet known by `inner_protocol` alone. The outermost encapsulation makes what is right inside it
 * the inner packet, however deep that nests; one whose checksum is complete and which is not to be cut has come in with
 * its tunnel, and nobody has looked inside.
 *
 * @kernel skb_mpls_push, iptunnel_handle_offloads, udp_tunnel_xmit_skb, gre_build_header v6.12
 */
function describeTunnels(skb: SkBuff, plan: PacketPlan, mac: number): void {
  const labels = plan.tunnels.find(({ kind }) => kind === "mpls");
  if (labels !== undefined) {
    skb.innerNetworkHeader = mac + labels.inner;
    skb.innerProtocol = etherTypeAt(plan, plan.tunnels.indexOf(labels) + 1);
  }
  const outermost = encapsulationOf(plan.tunnels);
  if (outermost === undefined) return;
  const isKnown = plan.gsoSize > 0 || plan.recipe.checksum === "partial";
  if (outermost.kind !== "ip" || !isKnown) skb.transportHeader = mac + outermost.transportAt;
  if (!isKnown) return;
  skb.encapsulation = true;
  skb.innerMacHeader = mac + outermost.innerMac;
  skb.innerNetworkHeader = mac + outermost.inner;
  skb.innerTransportHeader = mac + plan.transportOffset;
  const inside = etherTypeAt(plan, plan.tunnels.indexOf(outermost) + 1);
  skb.innerProtocolIsIp = outermost.kind === "ip";
  if (outermost.kind === "ip") skb.innerProtocol = inside === ETH_P_IPV6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
  else skb.innerProtocol = outermost.kind === "gre-ip" ? inside : ETH_P_TEB;
}

const TX_FLAGS = 1;
const TSKEY = 7;

export function setGso(head: SkBuff, plan: PacketPlan): void {
  const { recipe } = plan;
  if (plan.gsoSize === 0) return;
  const shinfo = head.shinfo;
  shinfo.gsoSize = plan.gsoSize;
  shinfo.gsoSegs = plan.gsoSegs;
  shinfo.gsoType = gsoTypeOf(plan);
  if (recipe.head.timestamp) {
    shinfo.txFlags = TX_FLAGS;
    // TCP asks for the stamp of a byte: one in the middle here.
    const middle = recipe.tcp.seq + (plan.payload.length >>> 1);
    shinfo.tskey = plan.transport.name === "tcp" ? middle >>> 0 : TSKEY;
  }
}

function gsoTypeOf(plan: PacketPlan): number {
  const { recipe } = plan;
  let type = recipe.dodgy ? SKB_GSO_DODGY : 0;
  switch (recipe.gso) {
    case "fraglist":
      type |= SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4;
      break;
    case "udp-l4":
      type |= SKB_GSO_UDP_L4;
      break;
    case "ufo":
      type |= SKB_GSO_UDP;
      break;
    case "sctp":
      type |= SKB_GSO_SCTP;
      break;
    case "tcp-fraglist":
      type |= SKB_GSO_FRAGLIST | (plan.isIpv6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4);
      break;
    case "tcp":
      type |= plan.isIpv6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
      if (recipe.tcp.flags & TCPHDR_CWR) type |= SKB_GSO_TCP_ECN;
      if (plan.fixedId) type |= SKB_GSO_TCP_FIXEDID;
      break;
  }
  for (const tunnel of plan.tunnels) type |= tunnelTypeOf(tunnel);
  return plan.remcsum ? type | SKB_GSO_TUNNEL_REMCSUM : type;
}

function tunnelTypeOf({ kind, family, checksum }: TunnelPlan): number {
  switch (kind) {
    case "vxlan":
      return checksum ? SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL;
    case "gre":
    case "gre-ip":
      return checksum ? SKB_GSO_GRE_CSUM : SKB_GSO_GRE;
    case "ip":
      return family === "ipv6" ? SKB_GSO_IPXIP6 : SKB_GSO_IPXIP4;
    default:
      return 0;
  }
}

const IP_SUMMED = {
  none: CHECKSUM_NONE,
  unnecessary: CHECKSUM_UNNECESSARY,
  complete: CHECKSUM_COMPLETE,
  partial: CHECKSUM_PARTIAL,
} as const;

/** `data` is at the outermost network header. GRO sets no csum_start on a list; whoever cuts datagrams needs one in any state. */
export function setChecksumState(head: SkBuff, plan: PacketPlan): void {
  const { recipe } = plan;
  const { checkOffset } = plan.transport;
  head.ipSummed = IP_SUMMED[recipe.checksum];
  head.csumLevel = recipe.checksum === "unnecessary" ? recipe.checksumLevel : 0;
  if (recipe.checksum === "complete") {
    head.csum = skbChecksum(head, 0, head.len, 0);
  } else if (recipe.checksum === "partial" || recipe.gso === "udp-l4") {
    // No arrival accepts a start in front of any possible IP header, and the field itself stays in the linear part.
    const least = head.macHeader + IPV4_HLEN;
    const most = head.tail - checkOffset - 2;
    const wanted = head.macHeader + plan.transportOffset + recipe.checksumStart;
    head.csumStart = Math.max(least, Math.min(wanted, most));
    head.csumOffset = checkOffset;
    head.csumNotInet = plan.transport.name === "sctp";
  }
}

export function setOwner(world: World, head: SkBuff, plan: PacketPlan): void {
  const { owner } = plan.recipe;
  if (owner === "sender") {
    if (plan.transport.name === "tcp") tcpSetOwnerW(head, world.sender);
    else skbSetOwnerW(head, world.sender);
  }
  if (owner === "early-demux") {
    head.sk = world.sender;
    head.destructor = "sock_edemux";
  }
}
