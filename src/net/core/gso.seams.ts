/** The decisions of the GSO dispatcher and of the IP handlers that differ between releases. */
import type { SkBuff } from "../../skb/SkBuff.js";
import type { Segments } from "../NetKernel.js";

export const gsoSeams = {
  /** How many IPv4 and IPv6 handlers one packet may pass. @kernel IP_TUNNEL_RECURSION_LIMIT include/net/ip_tunnels.h */
  ipRecursionLimit: (): number => 5,

  /** A device takes the packet whole: the network header goes back from the innermost IP header to this handler's own. */
  restoreNetworkHeader: (skb: SkBuff, nhoff: number): void => {
    skb.networkHeader = skb.macHeader + nhoff;
  },

  /** Whether a packet whose checksum nobody prepared is worth a warning, after what came of it: an error says enough. */
  warnsOfUnprepared: (segs: Segments): boolean => typeof segs !== "number",

  /** Whether a fixed identification has to come with DF: receive offload makes such packets without it too. */
  fixedIdNeedsDf: (): boolean => false,
};
export type GsoSeams = typeof gsoSeams;
