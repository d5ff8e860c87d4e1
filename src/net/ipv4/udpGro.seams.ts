/** The decisions of UDP receive offload that a released kernel once got wrong. */
import type { SkBuff } from "../../skb/SkBuff.js";
import { UDP_HLEN } from "../../wire/udp.js";
import { type NapiGroCb, napiGroCb } from "../core/gro/napiGroCb.js";
import type { GroSocket } from "../core/NetDevice.js";

export const udpGroSeams = {
  /** Whether the datagram is all there is and carries something: from an empty one a gso_size of 0 would follow. */
  fillsItsPacket: (ulen: number, groLen: number): boolean => ulen > UDP_HLEN && ulen === groLen,

  /** Whether a datagram is too long to join an aggregate whose first one has that length. */
  isLonger: (ulen: number, heldLen: number): boolean => ulen > heldLen,

  /** Whether datagrams for this socket may be merged as such: inside a tunnel's there are different flows. */
  mayMergeDatagrams: (sk: GroSocket | null): boolean => sk?.tunnelGro === undefined,

  /** What nobody wants merged is not to be held either. */
  passOn: (skb: SkBuff): void => {
    napiGroCb(skb).flush |= 1;
  },

  /** Whether the list consists of datagrams of the layer that is being completed, rather than of what is inside. */
  isListOfThisLayer: (cb: NapiGroCb): boolean => cb.isFlist && !cb.encapMark,

  /** Whoever takes a list apart looks for each member's own IP header, `nhoff` behind `data`. */
  rememberNetworkHeader: (skb: SkBuff, nhoff: number): void => {
    skb.networkHeader = skb.data + nhoff;
  },
};
export type UdpGroSeams = typeof udpGroSeams;
