/**
 * A pair of devices: what one sends, the other receives. An end with receive offload takes its packets through a NAPI
 * queue, any other end through the backlog. Left out: XDP, several queues, a full ring, other namespaces.
 */
import {
  NETIF_F_ALL_TSO,
  NETIF_F_CSUM_MASK,
  NETIF_F_FCOE_CRC,
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_ENCAP_ALL,
  NETIF_F_GSO_SOFTWARE,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HIGHDMA,
  NETIF_F_HW_CSUM,
  NETIF_F_HW_VLAN_CTAG_TX,
  NETIF_F_HW_VLAN_STAG_TX,
  NETIF_F_SCTP_CRC,
  NETIF_F_SG,
} from "../../abi/features.js";
import { skbPostpullRcsum } from "../../skb/checksumHelp.js";
import { skbOrphanFrags, skbUnclone } from "../../skb/expand.js";
import { kfreeSkb, skbShared } from "../../skb/free.js";
import { skbOrphan } from "../../skb/owner.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN } from "../../wire/ethernet.js";
import { isSkbForwardable } from "../core/forwardable.js";
import { NAPI_POLL_WEIGHT, Napi, napiComplete, napiGroReceive } from "../core/gro/napi.js";
import { derivedFeatures, type NetDevice, netDevice } from "../core/NetDevice.js";
import { ethTypeTrans } from "../ethernet/eth.js";
import { skbScrubPacket } from "../ipv4/ipTunnel.js";
import type { NetKernel } from "../NetKernel.js";

const VLAN_OFFLOADS = NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX;

/** @kernel VETH_FEATURES drivers/net/veth.c v6.12 */
export const VETH_FEATURES =
  NETIF_F_SG |
  NETIF_F_FRAGLIST |
  NETIF_F_HW_CSUM |
  NETIF_F_SCTP_CRC |
  NETIF_F_HIGHDMA |
  NETIF_F_GSO_SOFTWARE |
  NETIF_F_GSO_ENCAP_ALL |
  VLAN_OFFLOADS;

/** What `ethtool -K` can turn off, in its words. */
export const VETH_OFFLOADS = {
  tso: NETIF_F_ALL_TSO,
  "tx-udp-segmentation": NETIF_F_GSO_UDP_L4,
  "tx-checksumming": NETIF_F_CSUM_MASK | NETIF_F_SCTP_CRC | NETIF_F_FCOE_CRC,
} as const;
export type VethOffload = keyof typeof VETH_OFFLOADS;

export interface VethOptions {
  readonly name: string;
  /** What was turned off. */
  readonly off?: readonly VethOffload[];
  /** Anything else that is not as usual, such as `receive` or `address`. */
  readonly own?: Partial<NetDevice>;
  /** Takes what this end has received, `data` at the network header and `dev` this end. */
  readonly deliver: (skb: SkBuff) => void;
}

/** A packet on its way, and whether it has chances in receive offload. */
interface Forwarded {
  readonly skb: SkBuff;
  readonly useNapi: boolean;
}

/** @kernel struct veth_priv, struct veth_rq drivers/net/veth.c */
export interface VethEnd {
  readonly device: NetDevice;
  /** What the peer sent and nobody has polled yet. @kernel xdp_ring, or the backlog */
  readonly ring: Forwarded[];
  /** Lets the softirq run that receives. */
  poll(): void;
}

/** Two ends that are each other's peer. */
export function vethPair(k: NetKernel, first: VethOptions, second: VethOptions): readonly [VethEnd, VethEnd] {
  const ends: [VethEnd, VethEnd] = [vethEnd(k, first, () => ends[1]), vethEnd(k, second, () => ends[0])];
  return ends;
}

function vethEnd(k: NetKernel, options: VethOptions, peer: () => VethEnd): VethEnd {
  const off = (options.off ?? []).reduce((mask, name) => mask | VETH_OFFLOADS[name], 0);
  const wanted = VETH_FEATURES & ~off;
  const { vlanFeatures } = derivedFeatures(wanted, 0);
  const device: NetDevice = netDevice(options.name, wanted, {
    vlanFeatures: vlanFeatures & ~VLAN_OFFLOADS,
    hwEncFeatures: VETH_FEATURES,
    mplsFeatures: NETIF_F_HW_CSUM | NETIF_F_GSO_SOFTWARE,
    startXmit: (skb) => vethXmit(skb, device, peer()),
    ...options.own,
  });
  const ring: Forwarded[] = [];
  const napi = new Napi(device, options.deliver);
  return { device, ring, poll: () => vethPoll(k, napi, ring) };
}

/** Consumes the packet, whose `data` is at its MAC header. @kernel veth_xmit drivers/net/veth.c v6.12 */
function vethXmit(skb: SkBuff, dev: NetDevice, rcv: VethEnd): void {
  if (!pskbMayPull(skb, ETH_HLEN)) {
    kfreeSkb(skb);
    return;
  }
  const useNapi = rcv.device.receive.gro && vethSkbIsEligibleForGro(dev, rcv.device, skb);
  if (devForwardSkbInner(rcv.device, skb)) rcv.ring.push({ skb, useNapi });
}

/**
 * Whether receive offload might find something to merge. With TSO on, the sender's own packets are as large as they can
 * be; only datagrams of a local socket are worth a try then.
 *
 * @kernel veth_skb_is_eligible_for_gro drivers/net/veth.c v6.12
 */
function vethSkbIsEligibleForGro(dev: NetDevice, rcv: NetDevice, skb: SkBuff): boolean {
  if (!(dev.features & NETIF_F_ALL_TSO)) return true;
  return skb.destructor === "sock_wfree" && (rcv.receive.groFraglist || rcv.receive.groUdpFwd);
}

/** Makes a sent packet a received one; false when it was freed instead. @kernel __dev_forward_skb net/core/dev.c v6.12 */
function devForwardSkbInner(rcv: NetDevice, skb: SkBuff): boolean {
  if (skbOrphanFrags(skb) !== 0 || !isSkbForwardable(rcv, skb)) {
    kfreeSkb(skb);
    return false;
  }
  skbScrubPacket(skb);
  skb.priority = 0;
  skb.dev = rcv;
  ethTypeTrans(skb, rcv.address);
  skbPostpullRcsum(skb, skb.macHeader, ETH_HLEN);
  return true;
}

/** Polls until nothing waits; each poll ends with everything that is held being passed up. @kernel veth_poll v6.12 */
function vethPoll(k: NetKernel, napi: Napi, ring: Forwarded[]): void {
  while (ring.length > 0) {
    const batch = ring.splice(0, NAPI_POLL_WEIGHT);
    for (const { skb, useNapi } of batch) {
      if (!useNapi) {
        napi.deliver(skb);
        continue;
      }
      skbPrepareForGro(skb);
      // Receive offload writes into the shared info, which must be this packet's own.
      if (skbShared(skb) || skbUnclone(skb) !== 0) napi.deliver(skb);
      else napiGroReceive(k, napi, skb);
    }
    napiComplete(k, napi, batch.length);
  }
}

/**
 * A packet that its sender is charged for keeps its owner through receive offload, which then has to compare owners; any
 * other one loses it.
 *
 * @kernel skb_prepare_for_gro include/net/sock.h
 */
function skbPrepareForGro(skb: SkBuff): void {
  if (skb.destructor !== "sock_wfree") skbOrphan(skb);
  else skb.slowGro = true;
}
