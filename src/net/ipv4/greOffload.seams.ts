/** The decisions of GRE segmentation that a released kernel once got wrong. */
import { NETIF_F_SCTP_CRC } from "../../abi/features.js";

export const greOffloadSeams = {
  /**
   * The features for the inner packet when the GRE header sums over it: a CRC that the device has yet to store would be
   * missing from that sum, and is no Internet checksum from which it could be told.
   */
  featuresUnderChecksum: (features: number): number => features & ~NETIF_F_SCTP_CRC,
};
export type GreOffloadSeams = typeof greOffloadSeams;
