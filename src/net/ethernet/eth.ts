/** The Ethernet header on receive, and receive offload of Ethernet frames inside tunnels. */
import { bytesAt, readU16 } from "../../skb/bytes.js";
import { ENOSYS, type Errno } from "../../skb/errno.js";
import { skbPullInner, skbResetMacHeader } from "../../skb/pushPull.js";
import { skbHeaderBytes } from "../../skb/read.js";
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_ALEN, ETH_DEST, ETH_HLEN, ETH_PROTO } from "../../wire/ethernet.js";
import { callGroReceive, skbGroFlushFinal } from "../core/gro/callback.js";
import { skbGroPostpullRcsum } from "../core/gro/checksum.js";
import { groReadU16, groSameBytes, skbGroHeader } from "../core/gro/groHeader.js";
import { napiGroCb, skbGroOffset, skbGroPull } from "../core/gro/napiGroCb.js";
import type { GroCallbacks, GroResult, NetKernel } from "../NetKernel.js";

/** From here on the field is an EtherType; below it is a length. @kernel ETH_P_802_3_MIN */
const ETH_P_802_3_MIN = 0x0600;
const ETH_P_802_3 = 0x0001;
const ETH_P_802_2 = 0x0004;

/**
 * Takes the link header off: protocol and packet type are known then. Without an `address` a frame to any one station
 * is for this one.
 *
 * @kernel eth_type_trans net/ethernet/eth.c v6.12
 */
export function ethTypeTrans(skb: SkBuff, address?: Uint8Array): void {
  skbResetMacHeader(skb);
  const proto = readU16(skb, skb.data + ETH_PROTO);
  const dest = bytesAt(skb, skb.data + ETH_DEST, ETH_ALEN);
  skbPullInner(skb, ETH_HLEN);
  skb.pktType = packetType(dest, address);
  skb.protocol = proto >= ETH_P_802_3_MIN ? proto : lengthProtocol(skb);
}

/** @kernel eth_skb_pkt_type include/linux/etherdevice.h */
function packetType(dest: Uint8Array, address: Uint8Array | undefined): number {
  if (((dest[0] as number) & 1) !== 0) return dest.every((byte) => byte === 0xff) ? PACKET_BROADCAST : PACKET_MULTICAST;
  return address === undefined || dest.every((byte, i) => byte === address[i]) ? PACKET_HOST : PACKET_OTHERHOST;
}

/** Old Novell frames have no LLC header, and a checksum field of ones where it would be. */
function lengthProtocol(skb: SkBuff): number {
  const sap = skbHeaderBytes(skb, 0, 2);
  return sap?.every((byte) => byte === 0xff) ? ETH_P_802_3 : ETH_P_802_2;
}

/** @kernel eth_gro_receive net/ethernet/eth.c v6.12 */
export function ethGroReceive(k: NetKernel, held: readonly SkBuff[], skb: SkBuff): GroResult {
  const off = skbGroOffset(skb);
  let pp: GroResult = null;
  let flush = 1;
  if (skbGroHeader(skb, off, ETH_HLEN)) {
    for (const p of held) {
      const cb = napiGroCb(p);
      if (cb.sameFlow && !groSameBytes(skb, p, off, ETH_HLEN)) cb.sameFlow = false;
    }
    const handler = k.offloads.packetGro.get(groReadU16(skb, off + ETH_PROTO));
    if (handler !== undefined) {
      flush = 0;
      skbGroPull(skb, ETH_HLEN);
      skbGroPostpullRcsum(skb, off, ETH_HLEN);
      pp = callGroReceive(k, handler.receive, held, skb);
    }
  }
  skbGroFlushFinal(skb, pp, flush);
  return pp;
}

/** @kernel eth_gro_complete net/ethernet/eth.c v6.12 */
export function ethGroComplete(k: NetKernel, skb: SkBuff, nhoff: number): Errno {
  if (skb.encapsulation) skb.innerMacHeader = (skb.data + nhoff) & 0xffff;
  const handler = k.offloads.packetGro.get(readU16(skb, skb.data + nhoff + ETH_PROTO));
  return handler === undefined ? -ENOSYS : handler.complete(k, skb, nhoff + ETH_HLEN);
}

/** Registered for ETH_P_TEB. @kernel eth_packet_offload */
export const ethGro: GroCallbacks = { receive: ethGroReceive, complete: ethGroComplete };
