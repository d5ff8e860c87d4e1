/**
 * Exits that lead through more of the stack than one device: forwarded by a router, through a VXLAN device, a veth pair
 * whose far end has receive offload, or the loopback device. What comes out of the port at the end is what the holder
 * put out.
 */
import {
  CHECKSUM_NONE,
  CHECKSUM_UNNECESSARY,
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_SOFTWARE,
  NETIF_F_HIGHDMA,
  NETIF_F_HW_CSUM,
  NETIF_F_SCTP_CRC,
  NETIF_F_SG,
} from "../../abi/features.js";
import { brForwardInner } from "../../net/bridge/brForward.js";
import { devQueueXmit } from "../../net/core/dev.js";
import { GRO_LEGACY_MAX_SIZE, type NetDevice, netDevice } from "../../net/core/NetDevice.js";
import { Netns } from "../../net/core/Netns.js";
import { netifReceiveSkb } from "../../net/core/receive.js";
import { vethPair } from "../../net/drivers/veth.js";
import { vxlanDevice } from "../../net/drivers/vxlan.js";
import { ethTypeTrans } from "../../net/ethernet/eth.js";
import { ipRcv } from "../../net/ipv4/ipInput.js";
import { ip6Rcv } from "../../net/ipv6/ip6Input.js";
import type { PacketRecipe } from "../../recipe/Recipe.js";
import { readU16 } from "../../skb/bytes.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbOrphan } from "../../skb/owner.js";
import { skbPullInner, skbResetMacHeader } from "../../skb/pushPull.js";
import { PACKET_HOST, PACKET_LOOPBACK, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { VXLAN_PORT } from "../../wire/vxlan.js";
import { ADDRESSES, TUNNEL_ADDRESSES, VXLAN_SOURCE_PORT } from "./addresses.js";
import type { World } from "./World.js";

const INGRESS_MAC = Uint8Array.of(0x02, 0, 0, 0, 0, 0xaa);
const EGRESS_MAC = Uint8Array.of(0x02, 0, 0, 0, 0, 0xbb);
const GATEWAY_MAC = Uint8Array.of(0x02, 0, 0, 0, 0, 0xcc);
/** Interfaces of the router: no packet is for its own addresses, and everything else is behind the gateway. */
const ROUTER = {
  ipv4: {
    ingress: { address: Uint8Array.of(172, 16, 0, 254), bits: 24 },
    egress: { address: Uint8Array.of(203, 0, 113, 1), bits: 24 },
    gateway: Uint8Array.of(203, 0, 113, 254),
    everywhere: { address: new Uint8Array(4), bits: 0 },
  },
  ipv6: {
    ingress: { address: Uint8Array.of(0xfd, 0x10, ...new Uint8Array(13), 254), bits: 64 },
    egress: { address: Uint8Array.of(0xfd, 0x20, ...new Uint8Array(13), 1), bits: 64 },
    gateway: Uint8Array.of(0xfd, 0x20, ...new Uint8Array(13), 254),
    everywhere: { address: new Uint8Array(16), bits: 0 },
  },
} as const;

/**
 * A router between an ingress interface and the port. Errors go back to the senders through the ingress, where they are
 * not looked at; everything else that it does not own goes to one gateway behind the port.
 */
function routerWith(port: NetDevice): { readonly net: Netns; readonly ingress: NetDevice } {
  const net = new Netns({ ipv4Forwarding: true, ipv6Forwarding: true });
  const ingress = netDevice("ingress", 0, { net, startXmit: kfreeSkb });
  net.addInterface(ingress, { address: INGRESS_MAC, ipv4: [ROUTER.ipv4.ingress], ipv6: [ROUTER.ipv6.ingress] });
  net.addInterface(port, { address: EGRESS_MAC, ipv4: [ROUTER.ipv4.egress], ipv6: [ROUTER.ipv6.egress] });
  for (const { gateway, everywhere } of [ROUTER.ipv4, ROUTER.ipv6]) {
    net.addRoute(everywhere, port, gateway);
    net.addNeighbour(gateway, GATEWAY_MAC);
  }
  for (const { source, otherSource, mac } of [ADDRESSES.ipv4, ADDRESSES.ipv6]) {
    const tunnelSource = TUNNEL_ADDRESSES[source.length === 4 ? "ipv4" : "ipv6"].source;
    for (const address of [source, otherSource, tunnelSource]) {
      net.addRoute({ address, bits: address.length * 8 }, ingress);
      net.addNeighbour(address, mac.source);
    }
  }
  return { net, ingress };
}

/** Lets the router have a packet whose `data` is at its IP header. Returns why it dropped anything, or the empty string. */
export function forward(world: World, skb: SkBuff, port: NetDevice): string {
  const { net, ingress } = routerWith(port);
  skb.dev = ingress;
  skb.pktType = PACKET_HOST;
  skbOrphan(skb);
  if (skb.protocol === ETH_P_IP) ipRcv(world.kernel, net, skb);
  else if (skb.protocol === ETH_P_IPV6) ip6Rcv(world.kernel, net, skb);
  else {
    kfreeSkb(skb);
    return "no protocol";
  }
  return net.drops.at(-1)?.reason ?? "";
}

/** Sends a packet whose `data` is at its MAC header through a VXLAN device over the port. Returns as `forward`. */
export function sendByVxlan(
  world: World,
  skb: SkBuff,
  port: NetDevice,
  outer: { readonly family: "ipv4" | "ipv6"; readonly checksum: boolean },
): string {
  const { net } = routerWith(port);
  const config = {
    vni: 42,
    local: TUNNEL_ADDRESSES[outer.family].source,
    remote: TUNNEL_ADDRESSES[outer.family].host,
    dstPort: VXLAN_PORT,
    srcPort: VXLAN_SOURCE_PORT,
    ttl: 64,
    udpCsum: outer.checksum,
  };
  const device = vxlanDevice(world.kernel, net, "vxlan", config);
  skb.dev = device;
  return devQueueXmit(world.kernel, skb, device) || (net.drops.at(-1)?.reason ?? "");
}

/**
 * Sends a packet whose `data` is at its MAC header to the far end of a veth pair, a bridge port beside the holder's.
 * Returns as `forward`.
 */
export function sendByVeth(world: World, skb: SkBuff, port: NetDevice, { gro }: PacketRecipe): string {
  const k = world.kernel;
  const { mtu } = port;
  let dropReason = "";
  const receive = {
    gro: true,
    groFraglist: gro.fraglist,
    groUdpFwd: gro.udpForwarding,
    groMaxSize: GRO_LEGACY_MAX_SIZE,
    groIpv4MaxSize: GRO_LEGACY_MAX_SIZE,
  };
  const [near, far] = vethPair(
    k,
    { name: "near", own: { mtu }, off: ["tso", "tx-udp-segmentation"], deliver: kfreeSkb },
    {
      name: "far",
      own: { mtu, receive },
      deliver: (received) => {
        const skbOrNull = netifReceiveSkb(received);
        const reason = skbOrNull === null ? "vlan" : brForwardInner(k, skbOrNull, port);
        if (reason !== "") dropReason = reason;
      },
    },
  );
  skb.dev = near.device;
  const notSent = devQueueXmit(k, skb, near.device);
  if (notSent === "" && far.ring.length === 0) return "not-forwardable";
  far.poll();
  return notSent || dropReason;
}

/** @kernel loopback_setup drivers/net/loopback.c v6.12 */
const LOOPBACK_FEATURES =
  NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_GSO_SOFTWARE | NETIF_F_HW_CSUM | NETIF_F_SCTP_CRC | NETIF_F_HIGHDMA;

/**
 * Sends a packet whose `data` is at its MAC header to this very host: a group's by the copy that the sender hears itself,
 * any other through the loopback device. Returns what arrived, `data` at the network header.
 *
 * @kernel dev_loopback_xmit net/core/dev.c, loopback_xmit drivers/net/loopback.c v6.12
 */
export function loopBack(
  world: World,
  skb: SkBuff,
  isMulticast: boolean,
): { readonly arrived: readonly SkBuff[]; readonly dropReason: string } {
  const arrived: SkBuff[] = [];
  if (isMulticast) {
    skbResetMacHeader(skb);
    skbPullInner(skb, skb.networkHeader - skb.data);
    // The copy is made above the devices that would add tags.
    skb.protocol = readU16(skb, skb.networkHeader - 2);
    skb.pktType = PACKET_LOOPBACK;
    if (skb.ipSummed === CHECKSUM_NONE) skb.ipSummed = CHECKSUM_UNNECESSARY;
    return { arrived: [skb], dropReason: "" };
  }
  const device = netDevice("lo", LOOPBACK_FEATURES, {
    hwEncFeatures: LOOPBACK_FEATURES,
    mtu: 65_536,
    startXmit: (sent) => {
      skbOrphan(sent);
      ethTypeTrans(sent);
      arrived.push(sent);
    },
  });
  skb.dev = device;
  const dropReason = devQueueXmit(world.kernel, skb, device);
  return { arrived, dropReason };
}
