/** The decision of IPv6 output that a released kernel once got wrong. */
import type { SkBuff } from "../../skb/SkBuff.js";
import { skbGsoValidateNetworkLen } from "../core/gsoLength.js";

export const ip6OutputSeams = {
  /** Whether a GSO packet may go to the device: its segments, not it, have to fit the MTU. */
  segmentsFit: (skb: SkBuff, mtu: number): boolean => skbGsoValidateNetworkLen(skb, mtu),
};
export type Ip6OutputSeams = typeof ip6OutputSeams;
