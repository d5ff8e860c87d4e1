/** The decisions of TCP receive offload that a released kernel once got wrong. */
import type { SkBuff } from "../../skb/SkBuff.js";
import { TCPHDR_CWR } from "../../wire/tcp.js";
import { skbIsGso } from "../core/features.js";

export const tcpGroSeams = {
  /** Whether a packet is kept out of lists, as its members have to be: one segment each. */
  staysOutOfLists: (skb: SkBuff): boolean => skbIsGso(skb),

  /**
   * Whether CWR keeps a segment out. Segmentation would put it on the first one, so a packet that has it stays alone;
   * the kernel merges such packets with each other, under a GSO type (TCP_ACCECN) that has no bit here.
   */
  refusesCwr: (flags: number, heldFlags: number): boolean => ((flags | heldFlags) & TCPHDR_CWR) !== 0,

  /** Whoever takes a list apart looks for each member's own IP header, `nhoff` behind `data`. */
  rememberNetworkHeader: (skb: SkBuff, nhoff: number): void => {
    skb.networkHeader = skb.data + nhoff;
  },
};
export type TcpGroSeams = typeof tcpGroSeams;
