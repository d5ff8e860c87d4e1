/** Which network protocol a frame carries, behind whatever VLAN tags it has. */

import { getU16 } from "../../bytes/view.js";
import { readU16 } from "../../skb/bytes.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbHeaderBytes } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN, ETH_P_TEB, ETH_PROTO, isVlanType } from "../../wire/ethernet.js";
import { VLAN_ENCAPSULATED_PROTO, VLAN_HLEN } from "../../wire/vlan.js";

/** The counter starts here and is decremented before the test, so that one tag less is accepted. */
const VLAN_MAX_DEPTH = 8;

/**
 * The EtherType behind all tags, 0 when it cannot be told, and how many bytes of link header lie in front of it.
 *
 * @kernel skb_network_protocol net/core/gso.c and __vlan_get_protocol_offset include/linux/if_vlan.h v6.12
 */
export function skbNetworkProtocol(skb: SkBuff): { readonly type: number; readonly depth: number } {
  let type = skb.protocol;
  if (type === ETH_P_TEB) {
    if (!pskbMayPull(skb, ETH_HLEN)) return UNKNOWN;
    type = readU16(skb, skb.data + ETH_PROTO);
  }
  let depth = skb.macLen;
  if (isVlanType(type)) {
    if (depth > 0) {
      if (depth < VLAN_HLEN) {
        skb.mem.warn("WARN", "vlan-depth");
        return UNKNOWN;
      }
      depth -= VLAN_HLEN;
    } else {
      depth = ETH_HLEN;
    }
    for (let left = VLAN_MAX_DEPTH; isVlanType(type); depth += VLAN_HLEN) {
      const tag = skbHeaderBytes(skb, depth, VLAN_HLEN);
      if (tag === null || --left === 0) return UNKNOWN;
      type = getU16(tag, VLAN_ENCAPSULATED_PROTO);
    }
  }
  return pskbMayPull(skb, depth) ? { type, depth } : UNKNOWN;
}

const UNKNOWN = { type: 0, depth: 0 } as const;
