/** The Ethernet header (include/uapi/linux/if_ether.h). Offsets count from the start of the frame. */
import { putU16 } from "../bytes/view.js";

export const ETH_HLEN = 14;
export const ETH_ALEN = 6;

export const ETH_DEST = 0;
export const ETH_SOURCE = 6;
export const ETH_PROTO = 12;

export const ETH_P_IP = 0x0800;
export const ETH_P_ARP = 0x0806;
/** Transparent Ethernet bridging: the protocol of an inner Ethernet frame. */
export const ETH_P_TEB = 0x6558;
export const ETH_P_8021Q = 0x8100;
export const ETH_P_IPV6 = 0x86dd;
export const ETH_P_MPLS_UC = 0x8847;
export const ETH_P_MPLS_MC = 0x8848;
export const ETH_P_8021AD = 0x88a8;

/** Whether a VLAN tag follows an EtherType (eth_type_vlan, include/linux/if_vlan.h). */
export function isVlanType(etherType: number): boolean {
  return etherType === ETH_P_8021Q || etherType === ETH_P_8021AD;
}

/** Whether a label stack follows an EtherType (eth_p_mpls, include/linux/mpls.h). */
export function isMplsType(etherType: number): boolean {
  return etherType === ETH_P_MPLS_UC || etherType === ETH_P_MPLS_MC;
}

export interface EthernetHeader {
  /** Six bytes. */
  readonly dest: Uint8Array;
  /** Six bytes. */
  readonly source: Uint8Array;
  readonly proto: number;
}

/** Writes the header at `off` and returns its length. */
export function emitEthernet(buf: Uint8Array, off: number, header: EthernetHeader): number {
  buf.set(header.dest, off + ETH_DEST);
  buf.set(header.source, off + ETH_SOURCE);
  putU16(buf, off + ETH_PROTO, header.proto);
  return ETH_HLEN;
}
