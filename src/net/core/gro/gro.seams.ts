/** The decisions of the receive offload engine that a released kernel once got wrong. */

import { SKB_GSO_DODGY, SKB_GSO_TCPV4, SKB_GSO_TCPV6 } from "../../../abi/features.js";
import { readU16 } from "../../../skb/bytes.js";
import type { Frag } from "../../../skb/Page.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { ETH_PROTO } from "../../../wire/ethernet.js";

export const groSeams = {
  /** Of packets that are aggregates already, only TCP ones whose sizes were verified are aggregated further. */
  isTrustedGso: (gsoType: number): boolean =>
    (gsoType & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) !== 0 && (gsoType & SKB_GSO_DODGY) === 0,

  /** The EtherType once the link header is linear; the fragment it came out of may be gone. */
  etherProto: (skb: SkBuff, _cameFrom: Frag | undefined): number => readU16(skb, skb.data + ETH_PROTO),
};
export type GroSeams = typeof groSeams;
