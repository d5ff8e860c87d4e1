/** UDP receive offload over IPv6: the shared code, with IPv6 addresses. */
import type { Errno } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ipv6Addresses } from "../ipv4/groAddresses.js";
import { udpGroCompleteFamily, udpGroReceiveVerified } from "../ipv4/udpGro.js";
import type { GroCallbacks, GroResult, NetKernel } from "../NetKernel.js";

/** @kernel udp6_gro_receive net/ipv6/udp_offload.c v6.12 */
export function udp6GroReceive(k: NetKernel, held: readonly SkBuff[], skb: SkBuff): GroResult {
  return udpGroReceiveVerified(k, held, skb, ipv6Addresses, true);
}

/** @kernel udp6_gro_complete net/ipv6/udp_offload.c v6.12 */
export function udp6GroComplete(k: NetKernel, skb: SkBuff, nhoff: number): Errno {
  return udpGroCompleteFamily(k, skb, nhoff, ipv6Addresses);
}

/** @kernel net_hotdata.udpv6_offload */
export const udp6Gro: GroCallbacks = { receive: udp6GroReceive, complete: udp6GroComplete };
