/** Whether a frame may leave through a device at all. */
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN } from "../../wire/ethernet.js";
import { VLAN_HLEN } from "../../wire/vlan.js";
import { skbIsGso } from "./features.js";
import type { NetDevice } from "./NetDevice.js";

/**
 * `data` is at the MAC header. GSO frames pass whatever the length of their segments.
 *
 * @kernel __is_skb_forwardable include/linux/netdevice.h v6.12
 */
export function isSkbForwardable(device: NetDevice, skb: SkBuff): boolean {
  return skb.len <= device.mtu + ETH_HLEN + VLAN_HLEN || skbIsGso(skb);
}
