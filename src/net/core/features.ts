/** Feature words against packets: what a device, or a feature word given by a caller, can take. */

import {
  NETIF_F_FRAGLIST,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SG,
} from "../../abi/features.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";

/** @kernel can_checksum_protocol include/linux/netdevice.h */
export function canChecksumProtocol(features: number, protocol: number): boolean {
  if (features & NETIF_F_HW_CSUM) return true;
  if (protocol === ETH_P_IP) return (features & NETIF_F_IP_CSUM) !== 0;
  if (protocol === ETH_P_IPV6) return (features & NETIF_F_IPV6_CSUM) !== 0;
  return false;
}

/** Feature bits and type bits have the same numbers here. @kernel net_gso_ok include/linux/netdevice.h */
export const netGsoOk = (features: number, gsoType: number): boolean => (features & gsoType) === gsoType;

/** @kernel skb_gso_ok include/linux/netdevice.h */
export const skbGsoOk = (skb: SkBuff, features: number): boolean =>
  netGsoOk(features, skb.shinfo.gsoType) && (skb.shinfo.fragList === null || (features & NETIF_F_FRAGLIST) !== 0);

/** @kernel skb_is_gso include/linux/skbuff.h */
export const skbIsGso = (skb: SkBuff): boolean => skb.shinfo.gsoSize !== 0;

/** @kernel skb_needs_linearize include/linux/netdevice.h */
export function skbNeedsLinearize(skb: SkBuff, features: number): boolean {
  if (!skb.isNonlinear) return false;
  const shinfo = skb.shinfo;
  return (
    (shinfo.fragList !== null && !(features & NETIF_F_FRAGLIST)) || (shinfo.nrFrags > 0 && !(features & NETIF_F_SG))
  );
}
