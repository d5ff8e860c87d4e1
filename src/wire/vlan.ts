/** The VLAN tag inside a frame (IEEE 802.1Q, struct vlan_hdr in include/linux/if_vlan.h): what follows its EtherType. */
import { putU16 } from "../bytes/view.js";

export const VLAN_HLEN = 4;

/** Offsets from the end of the EtherType that announces the tag. */
export const VLAN_TCI = 0;
export const VLAN_ENCAPSULATED_PROTO = 2;

export const VLAN_PRIO_SHIFT = 13;
export const VLAN_CFI_MASK = 0x1000;
export const VLAN_VID_MASK = 0x0fff;

/** Writes a tag at `off`, which is right behind the EtherType that announces it, and returns its length. */
export function emitVlan(buf: Uint8Array, off: number, tci: number, encapsulatedProto: number): number {
  putU16(buf, off + VLAN_TCI, tci);
  putU16(buf, off + VLAN_ENCAPSULATED_PROTO, encapsulatedProto);
  return VLAN_HLEN;
}
