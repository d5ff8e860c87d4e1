/** Receive offload of a VLAN tag that stands in the frame. */
import { readU16 } from "../../skb/bytes.js";
import { ENOENT, type Errno } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { VLAN_ENCAPSULATED_PROTO, VLAN_HLEN } from "../../wire/vlan.js";
import { callGroReceive, skbGroFlushFinal } from "../core/gro/callback.js";
import { skbGroPostpullRcsum } from "../core/gro/checksum.js";
import { groReadU16, groSameBytes, skbGroHeader } from "../core/gro/groHeader.js";
import { napiGroCb, skbGroOffset, skbGroPull } from "../core/gro/napiGroCb.js";
import type { GroCallbacks, GroResult, NetKernel } from "../NetKernel.js";

/** @kernel vlan_gro_receive net/8021q/vlan_core.c v6.12 */
function vlanGroReceive(k: NetKernel, held: readonly SkBuff[], skb: SkBuff): GroResult {
  const off = skbGroOffset(skb);
  let pp: GroResult = null;
  let flush = 1;
  if (skbGroHeader(skb, off, VLAN_HLEN)) {
    const cb = napiGroCb(skb);
    cb.networkOffsets[cb.encapMark ? 1 : 0] = off + VLAN_HLEN;
    const handler = k.offloads.packetGro.get(groReadU16(skb, off + VLAN_ENCAPSULATED_PROTO));
    if (handler !== undefined) {
      flush = 0;
      for (const p of held) {
        const other = napiGroCb(p);
        if (other.sameFlow && !groSameBytes(skb, p, off, VLAN_HLEN)) other.sameFlow = false;
      }
      skbGroPull(skb, VLAN_HLEN);
      skbGroPostpullRcsum(skb, off, VLAN_HLEN);
      pp = callGroReceive(k, handler.receive, held, skb);
    }
  }
  skbGroFlushFinal(skb, pp, flush);
  return pp;
}

/** @kernel vlan_gro_complete net/8021q/vlan_core.c v6.12 */
function vlanGroComplete(k: NetKernel, skb: SkBuff, nhoff: number): Errno {
  const handler = k.offloads.packetGro.get(readU16(skb, skb.data + nhoff + VLAN_ENCAPSULATED_PROTO));
  return handler === undefined ? -ENOENT : handler.complete(k, skb, nhoff + VLAN_HLEN);
}

/** Registered for ETH_P_8021Q and ETH_P_8021AD. @kernel vlan_packet_offloads */
export const vlanGro: GroCallbacks = { receive: vlanGroReceive, complete: vlanGroComplete };
