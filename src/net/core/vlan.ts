/** Moving a VLAN tag from metadata into the frame. */
import { moveBytes, writeU16 } from "../../skb/bytes.js";
import { ENOMEM, type Errno } from "../../skb/errno.js";
import { skbCowHead } from "../../skb/expand.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbPush } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_ALEN } from "../../wire/ethernet.js";
import { VLAN_HLEN } from "../../wire/vlan.js";

/**
 * Writes the accelerated tag behind the MAC addresses; `data` is at the MAC header. Frees the packet on -ENOMEM.
 *
 * @kernel __vlan_hwaccel_push_inside include/linux/if_vlan.h
 */
export function vlanPushTag(skb: SkBuff): Errno {
  if (skbCowHead(skb, VLAN_HLEN) !== 0) {
    kfreeSkb(skb);
    return -ENOMEM;
  }
  skbPush(skb, VLAN_HLEN);
  moveBytes(skb, skb.data + VLAN_HLEN, skb.data, 2 * ETH_ALEN);
  skb.macHeader -= VLAN_HLEN;
  writeU16(skb, skb.data + 2 * ETH_ALEN, skb.vlanProto);
  writeU16(skb, skb.data + 2 * ETH_ALEN + 2, skb.vlanTci);
  skb.protocol = skb.vlanProto;
  skb.vlanProto = 0;
  skb.vlanTci = 0;
  return 0;
}
