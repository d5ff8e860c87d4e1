/** The decisions of UDP reception that a released kernel once got wrong. */
import {
  CHECKSUM_NONE,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import type { UdpSockOptions } from "./UdpSock.js";

export const udpSeams = {
  /** Whether an aggregate's kind is one that the socket never agreed to: each kind has a consent of its own. */
  isUnexpectedKind: (socket: UdpSockOptions, skb: SkBuff): boolean => {
    const type = skb.shinfo.gsoType;
    if (type & SKB_GSO_UDP_L4 && !socket.acceptsL4) return true;
    return (type & SKB_GSO_FRAGLIST) !== 0 && !socket.acceptsFraglist;
  },

  /** Whether datagrams that were merged without looking inside came to a tunnel, whose header each of them has. */
  landsInTunnel: (socket: UdpSockOptions, skb: SkBuff): boolean =>
    socket.encapRcv !== undefined && !(skb.shinfo.gsoType & (SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM)),

  /** Whether a packet cannot be cut for a socket: IP fragments are not datagrams. */
  refusesToSegment: (skb: SkBuff): boolean => (skb.shinfo.gsoType & SKB_GSO_UDP) !== 0,

  /** A segment's own coverage; its checksum was verified before aggregation. */
  settleSegmentChecksum: (skb: SkBuff): void => {
    if (skb.cbPartialCov) skb.mem.warn("WARN", "partial-coverage");
    skb.cbCscov = skb.len & 0xffff;
    if (skb.ipSummed === CHECKSUM_NONE && !skb.csumValid) skb.csumValid = true;
  },

  /** The protocol that a segment is passed on to, when its socket says that it is not for itself. */
  protocolOfSegment: (ret: number): number => ret,
};
export type UdpSeams = typeof udpSeams;
