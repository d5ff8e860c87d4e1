/**
 * The header that a tap device puts in front of each frame (struct virtio_net_hdr, include/uapi/linux/virtio_net.h):
 * ten bytes, or 24 where tunnels are spoken of; little endian, as with virtio 1 or TUNSETVNETLE.
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

/** The form for tunnels: ten bytes, a buffer count, a receive hash, and two offsets. */
export const VIRTIO_NET_HDR_TUNNEL_LEN = 24;
export const VIRTIO_NET_HDR_GSO_UDP_TUNNEL = VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4 | VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6;

const FLAGS = 0;
const GSO_TYPE = 1;
const HDR_LEN = 2;
const GSO_SIZE = 4;
const CSUM_START = 6;
const CSUM_OFFSET = 8;
const OUTER_TH_OFFSET = 20;
const INNER_NH_OFFSET = 22;

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

/** @kernel struct virtio_net_hdr_v1_hash_tunnel include/uapi/linux/virtio_net.h v6.18 */
export interface VirtioNetHdrTunnel extends VirtioNetHdr {
  /** Where the outer UDP header is, from the start of the frame. 0 where there is no tunnel. */
  readonly outerThOffset: number;
  /** Where the inner IP header is, from the start of the frame. 0 where there is no tunnel. */
  readonly innerNhOffset: number;
}

/** Reads the 24 bytes at `off`; the caller guarantees that they are there. Buffer count and hash are skipped. */
export function parseVirtioNetHdrTunnel(buf: Uint8Array, off = 0): VirtioNetHdrTunnel {
  return {
    ...parseVirtioNetHdr(buf, off),
    outerThOffset: getU16le(buf, off + OUTER_TH_OFFSET),
    innerNhOffset: getU16le(buf, off + INNER_NH_OFFSET),
  };
}

/** Writes the 24 bytes at `off`, buffer count and hash as zeros, and returns their length. */
export function emitVirtioNetHdrTunnel(buf: Uint8Array, off: number, header: VirtioNetHdrTunnel): number {
  const hashAt = off + emitVirtioNetHdr(buf, off, header);
  buf.fill(0, hashAt, off + OUTER_TH_OFFSET);
  putU16le(buf, off + OUTER_TH_OFFSET, header.outerThOffset);
  putU16le(buf, off + INNER_NH_OFFSET, header.innerNhOffset);
  return VIRTIO_NET_HDR_TUNNEL_LEN;
}
