/** The decisions of virtio_net_hdr validation that a released kernel once got wrong, or that differ between releases. */
import { CHECKSUM_PARTIAL } from "../../abi/features.js";
import { EINVAL, type Errno } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { TCP_CHECK } from "../../wire/tcp.js";
import { UDP_CHECK, UDP_HLEN } from "../../wire/udp.js";
import type { VirtioNetHdr } from "../../wire/virtioNetHdr.js";

/** Segments that one UDP_L4 frame may hold. @kernel UDP_MAX_SEGMENTS include/linux/udp.h */
const UDP_MAX_SEGMENTS = 128;

const leastIpHeader = (ipv6: boolean): number => (ipv6 ? 40 : 20);

export const virtioNetSeams = {
  /** How many bytes have to be there in front of a transport header: an IP header. */
  minNetworkHeader: leastIpHeader,

  /** The least offset at which a checksum may start. */
  leastCsumStart: leastIpHeader,

  /** Whether `len` bytes of headers are there; they are made linear. */
  pullHeaders: (skb: SkBuff, len: number): boolean => pskbMayPull(skb, len),

  /** What lengths say against a packet whose headers need `needed` bytes: nothing, segments may be as short as they like. */
  checkLengths: (_skb: SkBuff, _hdr: VirtioNetHdr, _needed: number): Errno => 0,

  /** Whether the checksum that was asked for, if any, is where TCP has its own. */
  isTcpChecksum: (skb: SkBuff): boolean => skb.ipSummed !== CHECKSUM_PARTIAL || skb.csumOffset === TCP_CHECK,

  /** Datagrams need the checksum left to whoever sends them, there are not too many of them, and they know no ECN. */
  checkUdpL4: (skb: SkBuff, payload: number, gsoSize: number, ecn: boolean): Errno => {
    if (skb.ipSummed !== CHECKSUM_PARTIAL || skb.csumOffset !== UDP_CHECK) return -EINVAL;
    return payload > gsoSize * UDP_MAX_SEGMENTS || ecn ? -EINVAL : 0;
  },

  /** What a TCP gso_size below the least MSS becomes. */
  leastTcpGsoSize: (gsoSize: number): number => gsoSize,

  /** Bytes that IP fragments hold of a datagram with that much payload: its header too. */
  fragmented: (payload: number): number => (payload + UDP_HLEN) >>> 0,

  /** What becomes of a packet with `segmentable` bytes: one segment makes an ordinary packet. */
  kindOf: (segmentable: number, gsoSize: number): "gso" | "ordinary" | "refused" =>
    segmentable > gsoSize ? "gso" : "ordinary",
};
export type VirtioNetSeams = typeof virtioNetSeams;
