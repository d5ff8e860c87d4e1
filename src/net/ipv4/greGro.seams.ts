/** What receive offload of GRE may be told to do otherwise. */
import { SKB_GSO_GRE, SKB_GSO_GRE_CSUM } from "../../abi/features.js";

export const greGroSeams = {
  /** The type of an aggregate whose GRE headers have a checksum, or none: each segment will need one of its own. */
  completedType: (hasChecksum: boolean): number => (hasChecksum ? SKB_GSO_GRE_CSUM : SKB_GSO_GRE),
};
export type GreGroSeams = typeof greGroSeams;
