/** The VXLAN header (RFC 7348 section 5, struct vxlanhdr in include/net/vxlan.h). Offsets count from its first byte. */
import { getU32, putU32 } from "../bytes/view.js";

export const VXLAN_HLEN = 8;
/** Registered with IANA. */
export const VXLAN_PORT = 4789;

export const VXLAN_FLAGS = 0;
/** The network identifier in the upper three bytes; the last one is reserved. */
export const VXLAN_VNI = 4;

/** The identifier is valid: always set. */
export const VXLAN_HF_VNI = 0x0800_0000;

/** Writes the header for a network of twenty-four bits at `off` and returns its length. */
export function emitVxlan(buf: Uint8Array, off: number, vni: number): number {
  putU32(buf, off + VXLAN_FLAGS, VXLAN_HF_VNI);
  putU32(buf, off + VXLAN_VNI, (vni & 0xff_ffff) << 8);
  return VXLAN_HLEN;
}

/** Remote checksum offload (draft-herbert-vxlan-rco): the receiver completes the inner checksum. */
export const VXLAN_HF_RCO = 0x0020_0000;
/** In the reserved byte: the inner checksum is UDP's, not TCP's. The other bits say where its start is, halved. */
const VXLAN_RCO_UDP = 0x80;
/** Bytes from the inner frame to the start of the checksum; an even number. */
export const VXLAN_MAX_REMCSUM_START = 0x7f << 1;

/** Asks in the header at `off` for the checksum from `start` bytes behind it on. @kernel vxlan_compute_rco include/net/vxlan.h */
export function askForVxlanRco(buf: Uint8Array, off: number, start: number, isUdp: boolean): void {
  putU32(buf, off + VXLAN_FLAGS, getU32(buf, off + VXLAN_FLAGS) | VXLAN_HF_RCO);
  putU32(buf, off + VXLAN_VNI, getU32(buf, off + VXLAN_VNI) | (start >>> 1) | (isUdp ? VXLAN_RCO_UDP : 0));
}
