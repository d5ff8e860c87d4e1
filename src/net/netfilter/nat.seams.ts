/** The decision of address translation that a released kernel once got wrong. */
import { CHECKSUM_PARTIAL } from "../../abi/features.js";
import type { SkBuff } from "../../skb/SkBuff.js";

export const natSeams = {
  /** Whether an SCTP packet's checksum is computed here: that of a GSO packet belongs to each segment. */
  computesSctpChecksum: (skb: SkBuff): boolean => skb.ipSummed !== CHECKSUM_PARTIAL && skb.shinfo.gsoSize === 0,
};
export type NatSeams = typeof natSeams;
