/** TCP receive offload over IPv6: the shared code, with IPv6 addresses. */
import { SKB_GSO_TCPV6 } from "../../abi/features.js";
import type { Errno } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import { ipv6Addresses } from "../ipv4/groAddresses.js";
import { tcpGroComplete, tcpGroCompleteList, tcpGroReceiveVerified } from "../ipv4/tcpGro.js";
import type { GroCallbacks, GroResult, NetKernel } from "../NetKernel.js";

/** @kernel tcp6_gro_receive net/ipv6/tcpv6_offload.c v6.12 */
export function tcp6GroReceive(k: NetKernel, held: readonly SkBuff[], skb: SkBuff): GroResult {
  return tcpGroReceiveVerified(k, held, skb, ipv6Addresses);
}

/** @kernel tcp6_gro_complete net/ipv6/tcpv6_offload.c v6.12 */
export function tcp6GroComplete(k: NetKernel, skb: SkBuff, thoff: number): Errno {
  if (napiGroCb(skb).isFlist) return tcpGroCompleteList(skb, SKB_GSO_TCPV6);
  tcpGroComplete(k, skb, thoff, ipv6Addresses, SKB_GSO_TCPV6);
  return 0;
}

/** @kernel net_hotdata.tcpv6_offload */
export const tcp6Gro: GroCallbacks = { receive: tcp6GroReceive, complete: tcp6GroComplete };
