/** A network device, as far as transmission looks at it. */

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

export const GSO_LEGACY_MAX_SIZE = 65_536;

/** @kernel struct net_device include/linux/netdevice.h */
export interface NetDevice {
  readonly name: string;
  readonly mtu: number;
  readonly features: number;
  readonly hwEncFeatures: number;
  readonly vlanFeatures: number;
  readonly gsoPartialFeatures: number;
  readonly gsoMaxSegs: number;
  readonly gsoMaxSize: number;
  readonly gsoIpv4MaxSize: number;
  /** Whether the driver takes multiply tagged packets as they come (passthru_features_check). */
  readonly takesAnyTags: boolean;
  /** What the driver does with a frame that passed validation; it owns the sk_buff from then on. */
  startXmit(skb: SkBuff): void;
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
    gsoPartialFeatures: fixed & NETIF_F_GSO_PARTIAL ? gsoPartialFeatures : 0,
  };
}
