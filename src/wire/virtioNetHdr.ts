/**
 * The header that a tap device puts in front of each frame (struct virtio_net_hdr, include/uapi/linux/virtio_net.h):
 * ten bytes, little endian, as with virtio 1 or TUNSETVNETLE.
 */
import { getU16le, putU16le } from "../bytes/view.js";

export const VIRTIO_NET_HDR_LEN = 10;

export const VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
export const VIRTIO_NET_HDR_F_DATA_VALID = 2;
export const VIRTIO_NET_HDR_F_RSC_INFO = 4;
export const VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM = 8;

export const VIRTIO_NET_HDR_GSO_NONE = 0;
export const VIRTIO_NET_HDR_GSO_TCPV4 = 1;
/** UFO: IP fragments. */
export const VIRTIO_NET_HDR_GSO_UDP = 3;
export const VIRTIO_NET_HDR_GSO_TCPV6 = 4;
/** USO: datagrams. */
export const VIRTIO_NET_HDR_GSO_UDP_L4 = 5;
/** Bits on top of the type. */
export const VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4 = 0x20;
export const VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6 = 0x40;
export const VIRTIO_NET_HDR_GSO_ECN = 0x80;

const FLAGS = 0;
const GSO_TYPE = 1;
const HDR_LEN = 2;
const GSO_SIZE = 4;
const CSUM_START = 6;
const CSUM_OFFSET = 8;

export interface VirtioNetHdr {
  readonly flags: number;
  readonly gsoType: number;
  /** Length in bytes of the headers, or of the linear part: a hint. */
  readonly hdrLen: number;
  readonly gsoSize: number;
  /** From the start of the frame. */
  readonly csumStart: number;
  /** From csumStart. */
  readonly csumOffset: number;
}

/** Reads the ten bytes at `off`; the caller guarantees that they are there. */
export function parseVirtioNetHdr(buf: Uint8Array, off = 0): VirtioNetHdr {
  return {
    flags: buf[off + FLAGS]!,
    gsoType: buf[off + GSO_TYPE]!,
    hdrLen: getU16le(buf, off + HDR_LEN),
    gsoSize: getU16le(buf, off + GSO_SIZE),
    csumStart: getU16le(buf, off + CSUM_START),
    csumOffset: getU16le(buf, off + CSUM_OFFSET),
  };
}

/** Writes the header at `off` and returns its length. */
export function emitVirtioNetHdr(buf: Uint8Array, off: number, header: VirtioNetHdr): number {
  buf[off + FLAGS] = header.flags;
  buf[off + GSO_TYPE] = header.gsoType;
  putU16le(buf, off + HDR_LEN, header.hdrLen);
  putU16le(buf, off + GSO_SIZE, header.gsoSize);
  putU16le(buf, off + CSUM_START, header.csumStart);
  putU16le(buf, off + CSUM_OFFSET, header.csumOffset);
  return VIRTIO_NET_HDR_LEN;
}
