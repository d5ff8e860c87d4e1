/**
 * The transmit path up to the driver: which features count for one packet, and making the packet fit them. Left out:
 * socket and TLS hooks, xfrm, queueing disciplines.
 */

import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_CSUM_MASK,
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_MASK,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HIGHDMA,
  NETIF_F_HW_CSUM,
  NETIF_F_HW_VLAN_CTAG_TX,
  NETIF_F_HW_VLAN_STAG_TX,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SCTP_CRC,
  NETIF_F_SG,
  NETIF_F_TSO6,
  SKB_GSO_PARTIAL,
  SKB_GSO_TCPV4,
} from "../../abi/features.js";
import { getU16 } from "../../bytes/view.js";
import { nullDeref } from "../../memory/fault.js";
import { skbChecksumHelp } from "../../skb/checksumHelp.js";
import type { Errno } from "../../skb/errno.js";
import { consumeSkb, kfreeSkb } from "../../skb/free.js";
import { skbLinearizeInner } from "../../skb/pullTail.js";
import { skbHeaderBytes } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN, ETH_P_8021Q, ETH_P_IPV6, isMplsType, isVlanType } from "../../wire/ethernet.js";
import { TCP_CHECK } from "../../wire/tcp.js";
import { UDP_CHECK } from "../../wire/udp.js";
import { VLAN_HLEN } from "../../wire/vlan.js";
import { ipv6HasHopoptJumbo } from "../ipv6/hopoptJumbo.js";
import type { NetKernel } from "../NetKernel.js";
import { skbCrc32cCsumHelp } from "./crc32cCsum.js";
import { canChecksumProtocol, skbGsoOk, skbIsGso, skbNeedsLinearize } from "./features.js";
import { isErr, skbGsoSegment } from "./gso.js";
import type { NetDevice } from "./NetDevice.js";
import { skbNetworkProtocol } from "./networkProtocol.js";
import { vlanPushTag } from "./vlan.js";

/** @kernel skb_vlan_tagged include/linux/if_vlan.h */
const skbVlanTagged = (skb: SkBuff): boolean => skb.vlanProto !== 0 || isVlanType(skb.protocol);

/** More than one tag, in metadata and frame together. @kernel skb_vlan_tagged_multi include/linux/if_vlan.h */
function skbVlanTaggedMulti(skb: SkBuff): boolean {
  if (skb.vlanProto !== 0) return isVlanType(skb.protocol);
  if (!isVlanType(skb.protocol)) return false;
  const inner = skbHeaderBytes(skb, ETH_HLEN + VLAN_HLEN - 2, 2);
  return inner !== null && isVlanType(getU16(inner, 0));
}

/**
 * Whether the IPv4 header, the inner one of an encapsulated packet, forbids fragments. Only then may a device give all
 * segments the same identification.
 */
function hasDontFragment(k: NetKernel, skb: SkBuff): boolean {
  const nhoff = (skb.encapsulation ? skb.innerNetworkHeader : skb.networkHeader) - skb.data;
  return k.dev.forbidsFragments(skb, nhoff);
}

/** @kernel gso_features_check net/core/dev.c v6.12 */
function gsoFeaturesCheck(k: NetKernel, skb: SkBuff, device: NetDevice, features: number): number {
  const shinfo = skb.shinfo;
  if (shinfo.gsoSegs > device.gsoMaxSegs) return features & ~NETIF_F_GSO_MASK;
  if (skb.len >= k.dev.gsoMaxSize(device, skb.protocol === ETH_P_IPV6)) return features & ~NETIF_F_GSO_MASK;
  if (shinfo.gsoType === 0) {
    skb.mem.warn("WARN", "bad-offload");
    return features & ~NETIF_F_GSO_MASK;
  }
  if (!(shinfo.gsoType & SKB_GSO_PARTIAL)) features &= ~device.gsoPartialFeatures;
  if (shinfo.gsoType & SKB_GSO_TCPV4 && !hasDontFragment(k, skb)) features &= ~device.mangleidFeatures;
  if (features & NETIF_F_IPV6_CSUM && k.dev.gsoStoppedByExtensionHeader(skb) && !ipv6HasHopoptJumbo(skb)) {
    features &= ~(NETIF_F_IPV6_CSUM | NETIF_F_TSO6 | NETIF_F_GSO_UDP_L4);
  }
  return features;
}

/** @kernel netdev_intersect_features include/linux/netdevice.h */
function intersect(a: number, b: number): number {
  if ((a ^ b) & NETIF_F_HW_CSUM) {
    if (a & NETIF_F_HW_CSUM) a |= NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM;
    else b |= NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM;
  }
  return a & b;
}

/** The features that count for this packet on this device. @kernel netif_skb_features net/core/dev.c v6.12 */
export function netifSkbFeatures(k: NetKernel, skb: SkBuff, device: NetDevice): number {
  let features = device.features;
  if (skbIsGso(skb)) features = gsoFeaturesCheck(k, skb, device, features);
  if (skb.encapsulation) features &= device.hwEncFeatures;
  if (skbVlanTagged(skb)) {
    features = intersect(features, device.vlanFeatures | NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX);
  }
  if (!device.takesAnyTags && skbVlanTaggedMulti(skb)) {
    features &=
      NETIF_F_SG |
      NETIF_F_HIGHDMA |
      NETIF_F_HW_CSUM |
      NETIF_F_FRAGLIST |
      NETIF_F_HW_VLAN_CTAG_TX |
      NETIF_F_HW_VLAN_STAG_TX;
  }
  const { type } = skbNetworkProtocol(skb);
  if (isMplsType(type)) features &= device.mplsFeatures;
  if (skb.ipSummed !== CHECKSUM_NONE && !canChecksumProtocol(features, type)) {
    features &= ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK);
  }
  return features;
}

/** @kernel netif_needs_gso include/linux/netdevice.h */
export const netifNeedsGso = (skb: SkBuff, features: number): boolean =>
  skbIsGso(skb) &&
  (!skbGsoOk(skb, features) || (skb.ipSummed !== CHECKSUM_PARTIAL && skb.ipSummed !== CHECKSUM_UNNECESSARY));

const UDP_OR_TCP_CHECK: ReadonlySet<number> = new Set([UDP_CHECK, TCP_CHECK]);

/** Leaves the checksum to the device, or computes it. @kernel skb_csum_hwoffload_help net/core/dev.c v6.12 */
function skbCsumHwoffloadHelp(k: NetKernel, skb: SkBuff, features: number): Errno {
  if (skb.csumNotInet) return features & NETIF_F_SCTP_CRC ? 0 : skbCrc32cCsumHelp(skb);
  if (features & NETIF_F_HW_CSUM) return 0;
  if (features & (NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM)) {
    const mayStop = (features & NETIF_F_IPV6_CSUM) !== 0 && !ipv6HasHopoptJumbo(skb);
    const stopped = mayStop && k.dev.csumStoppedByExtensionHeader(skb);
    if (!stopped && UDP_OR_TCP_CHECK.has(skb.csumOffset)) return 0;
  }
  return skbChecksumHelp(skb);
}

/** What came of validation: the packets to hand to the driver, or why there are none. */
export interface Validated {
  readonly list: SkBuff | null;
  readonly dropReason: string;
}

/**
 * Makes one packet fit its device. `data` is at the MAC header. On a drop the packet has been freed.
 *
 * @kernel validate_xmit_skb net/core/dev.c v6.12
 */
export function validateXmitSkb(k: NetKernel, skb: SkBuff, device: NetDevice): Validated {
  const features = netifSkbFeatures(k, skb, device);
  if (skb.vlanProto !== 0 && !vlanHwOffloadCapable(features, skb.vlanProto)) {
    if (vlanPushTag(skb) !== 0) return { list: null, dropReason: "vlan-push" };
  }
  if (netifNeedsGso(skb, features)) {
    const segs = skbGsoSegment(k, skb, features);
    if (isErr(segs)) {
      kfreeSkb(skb);
      return { list: null, dropReason: "gso-segment" };
    }
    if (segs === null) return { list: skb, dropReason: "" };
    consumeSkb(skb);
    return { list: segs, dropReason: "" };
  }
  if (skbNeedsLinearize(skb, features) && !skbLinearizeInner(skb)) {
    kfreeSkb(skb);
    return { list: null, dropReason: "linearize" };
  }
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    if (skb.encapsulation) skb.innerTransportHeader = skb.csumStart;
    else skb.transportHeader = skb.csumStart;
    if (skbCsumHwoffloadHelp(k, skb, features) !== 0) {
      kfreeSkb(skb);
      return { list: null, dropReason: "checksum" };
    }
  }
  return { list: skb, dropReason: "" };
}

function vlanHwOffloadCapable(features: number, protocol: number): boolean {
  const wanted = protocol === ETH_P_8021Q ? NETIF_F_HW_VLAN_CTAG_TX : NETIF_F_HW_VLAN_STAG_TX;
  return (features & wanted) !== 0;
}

/** Validates each packet of a chain and joins the results by `prev`. @kernel validate_xmit_skb_list net/core/dev.c */
export function validateXmitSkbList(k: NetKernel, first: SkBuff, device: NetDevice): Validated {
  let head: SkBuff | null = null;
  let tail: SkBuff | null = null;
  let dropReason = "";
  let next: SkBuff | null = null;
  for (let skb: SkBuff | null = first; skb !== null; skb = next) {
    next = skb.next;
    skb.next = null;
    skb.prev = skb;
    const validated = validateXmitSkb(k, skb, device);
    if (validated.list === null) {
      dropReason = validated.dropReason;
      continue;
    }
    if (head === null) head = validated.list;
    else if (tail === null) throw nullDeref("xmit-tail");
    else tail.next = validated.list;
    tail = validated.list.prev;
  }
  return { list: head, dropReason };
}

/** Sends a packet: `data` is at the MAC header. Returns why it was dropped, or the empty string. @kernel dev_queue_xmit */
export function devQueueXmit(k: NetKernel, skb: SkBuff, device: NetDevice): string {
  k.netDevQueue?.(skb, device);
  const { list, dropReason } = validateXmitSkbList(k, skb, device);
  if (dropReason !== "") device.txDropped?.(dropReason);
  let next: SkBuff | null = null;
  for (let one = list; one !== null; one = next) {
    next = one.next;
    one.next = null;
    device.startXmit(one);
  }
  return dropReason;
}
