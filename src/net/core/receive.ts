/** The first steps of a received packet, below all protocols: header offsets, and a VLAN tag taken out of the frame. */
import { moveBytes, readU16 } from "../../skb/bytes.js";
import { skbPullRcsum } from "../../skb/checksumHelp.js";
import { skbShareCheck } from "../../skb/copy.js";
import { skbCow } from "../../skb/expand.js";
import { kfreeSkb } from "../../skb/free.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbResetMacLen, skbResetNetworkHeader, skbResetTransportHeader } from "../../skb/pushPull.js";
import { HEADER_UNSET, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_ALEN, isVlanType } from "../../wire/ethernet.js";
import { VLAN_ENCAPSULATED_PROTO, VLAN_HLEN } from "../../wire/vlan.js";

/**
 * Header offsets for a packet whose `data` is behind the Ethernet header; a VLAN tag moves into metadata. Null when
 * that failed and the packet was freed.
 *
 * @kernel __netif_receive_skb_core net/core/dev.c v6.12
 */
export function netifReceiveSkb(skb: SkBuff): SkBuff | null {
  skbResetNetworkHeader(skb);
  if (skb.transportHeader === HEADER_UNSET) skbResetTransportHeader(skb);
  skbResetMacLen(skb);
  return isVlanType(skb.protocol) && skb.vlanProto === 0 ? skbVlanUntag(skb) : skb;
}

/** @kernel skb_vlan_untag, skb_reorder_vlan_header net/core/skbuff.c */
function skbVlanUntag(shared: SkBuff): SkBuff | null {
  const skb = skbShareCheck(shared);
  if (skb === null) return null;
  if (!pskbMayPull(skb, VLAN_HLEN + 2)) {
    kfreeSkb(skb);
    return null;
  }
  skb.vlanProto = skb.protocol;
  skb.vlanTci = readU16(skb, skb.data);
  skb.protocol = readU16(skb, skb.data + VLAN_ENCAPSULATED_PROTO);
  skbPullRcsum(skb, VLAN_HLEN);
  if (skbCow(skb, skb.headroom) !== 0) {
    kfreeSkb(skb);
    return null;
  }
  moveBytes(skb, skb.macHeader, skb.macHeader + VLAN_HLEN, 2 * ETH_ALEN);
  skb.macHeader += VLAN_HLEN;
  skbResetNetworkHeader(skb);
  skbResetMacLen(skb);
  return skb;
}
