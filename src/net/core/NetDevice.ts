/** A network device: the features and sizes that it declares, for sending and for receive offload. */

import {
  NETIF_F_ALL_TSO,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HIGHDMA,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SG,
  NETIF_F_TSO,
  NETIF_F_TSO_ECN,
  NETIF_F_TSO_MANGLEID,
  NETIF_F_TSO6,
} from "../../abi/features.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import type { GroCallbacks } from "../NetKernel.js";

export const GSO_LEGACY_MAX_SIZE = 65_536;

/** What a device is told to do with frames that come in. @kernel NETIF_F_GRO and its companions */
export interface ReceiveFeatures {
  readonly gro: boolean;
  /** @kernel NETIF_F_GRO_FRAGLIST */
  readonly groFraglist: boolean;
  /** @kernel NETIF_F_GRO_UDP_FWD */
  readonly groUdpFwd: boolean;
  readonly groMaxSize: number;
  readonly groIpv4MaxSize: number;
}

export const GRO_LEGACY_MAX_SIZE = 65_536;
export const NO_RECEIVE_OFFLOAD: ReceiveFeatures = {
  gro: false,
  groFraglist: false,
  groUdpFwd: false,
  groMaxSize: GRO_LEGACY_MAX_SIZE,
  groIpv4MaxSize: GRO_LEGACY_MAX_SIZE,
};

/** A socket as receive offload looks at it. */
export interface GroSocket {
  /** The UDP_GRO option. @kernel udp_test_bit(GRO_ENABLED, sk) */
  readonly groEnabled: boolean;
  /** A tunnel's own callbacks for what is inside. @kernel gro_receive and gro_complete of struct udp_sock */
  readonly tunnelGro?: GroCallbacks;
}

/** Addresses and ports of a packet as they stand in it; addresses in network order, 4 or 16 bytes. */
export interface FourTuple {
  readonly saddr: Uint8Array;
  readonly daddr: Uint8Array;
  readonly source: number;
  readonly dest: number;
}

/** What all devices of one network namespace share and receive offload asks for. @kernel struct net */
export interface NetNamespace {
  /** Whether some socket ever asked for UDP_GRO or encapsulates. @kernel udp_encap_needed_key, udpv6_encap_needed_key */
  readonly udpEncapNeeded: boolean;
  /** @kernel udp4_lib_lookup_skb, udp6_lib_lookup_skb */
  udpLookup(tuple: FourTuple): GroSocket | null;
  /** Whether an established TCP socket has these addresses and ports. @kernel __inet_lookup_established */
  tcpEstablished(tuple: FourTuple): boolean;
}

/** @kernel struct net_device include/linux/netdevice.h */
export interface NetDevice {
  readonly name: string;
  /** Six bytes. Unset: frames to any one station are taken for its own. @kernel dev_addr */
  readonly address?: Uint8Array;
  readonly mtu: number;
  readonly features: number;
  readonly hwEncFeatures: number;
  readonly vlanFeatures: number;
  readonly mplsFeatures: number;
  readonly gsoPartialFeatures: number;
  /** Dropped for TCPv4 without DF; has NETIF_F_TSO_MANGLEID at least. */
  readonly mangleidFeatures: number;
  readonly gsoMaxSegs: number;
  readonly gsoMaxSize: number;
  readonly gsoIpv4MaxSize: number;
  /** Whether the driver takes multiply tagged packets as they come (passthru_features_check). */
  readonly takesAnyTags: boolean;
  readonly receive: ReceiveFeatures;
  /** Null: no sockets anywhere. @kernel dev_net */
  readonly net: NetNamespace | null;
  /** What the driver does with a frame that passed validation; it owns the sk_buff from then on. */
  startXmit(skb: SkBuff): void;
  /** Hears why a packet for it did not pass validation. @kernel dev_core_stats_tx_dropped_inc include/linux/netdevice.h */
  txDropped?(reason: string): void;
}

/** A device that can do what the feature word says and has ordinary limits; `own` replaces any of it. */
export function netDevice(
  name: string,
  wanted: number,
  own: Partial<NetDevice> & Pick<NetDevice, "startXmit">,
  gsoPartialFeatures = 0,
): NetDevice {
  return {
    name,
    mtu: 1500,
    ...derivedFeatures(wanted, gsoPartialFeatures),
    gsoMaxSegs: 65_535,
    gsoMaxSize: GSO_LEGACY_MAX_SIZE,
    gsoIpv4MaxSize: GSO_LEGACY_MAX_SIZE,
    takesAnyTags: false,
    receive: NO_RECEIVE_OFFLOAD,
    net: null,
    ...own,
  };
}

/**
 * The dependencies between features that every registered device keeps.
 *
 * @kernel netdev_fix_features net/core/dev.c v6.12; the checks of features that are not modelled are left out
 */
export function netdevFixFeatures(features: number): number {
  if (features & NETIF_F_HW_CSUM) features &= ~(NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM);
  if (!(features & NETIF_F_SG)) features &= ~NETIF_F_ALL_TSO;
  if (!(features & (NETIF_F_HW_CSUM | NETIF_F_IP_CSUM))) features &= ~(NETIF_F_TSO | NETIF_F_TSO_ECN);
  if (!(features & (NETIF_F_HW_CSUM | NETIF_F_IPV6_CSUM))) features &= ~NETIF_F_TSO6;
  if (!(features & NETIF_F_TSO)) features &= ~NETIF_F_TSO_MANGLEID;
  if ((features & NETIF_F_ALL_TSO) === NETIF_F_TSO_ECN) features &= ~NETIF_F_TSO_ECN;
  const bothFamilies = NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM;
  if (!(features & NETIF_F_HW_CSUM) && (features & bothFamilies) !== bothFamilies) features &= ~NETIF_F_GSO_UDP_L4;
  return features;
}

/** The feature words that registration derives from a device's own. @kernel register_netdevice net/core/dev.c */
export function derivedFeatures(features: number, gsoPartialFeatures: number) {
  const fixed = netdevFixFeatures(features);
  return {
    features: fixed,
    hwEncFeatures: NETIF_F_SG | NETIF_F_GSO_PARTIAL,
    vlanFeatures: fixed | NETIF_F_HIGHDMA,
    mplsFeatures: NETIF_F_SG,
    mangleidFeatures: NETIF_F_TSO_MANGLEID,
    gsoPartialFeatures: fixed & NETIF_F_GSO_PARTIAL ? gsoPartialFeatures : 0,
  };
}
