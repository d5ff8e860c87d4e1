/** The network service header (RFC 8300, include/net/nsh.h). Offsets count from its first byte. */
import { putU16, putU32 } from "../bytes/view.js";
import { ETH_P_IP, ETH_P_IPV6, ETH_P_MPLS_UC, ETH_P_TEB } from "./ethernet.js";

export const ETH_P_NSH = 0x894f;

/** Base header and service path header; context follows. */
export const NSH_BASE_HDR_LEN = 8;

/** Version, flags, time to live; the header's length in units of four bytes is the low six bits. */
export const NSH_VER_FLAGS_TTL_LEN = 0;
export const NSH_MDTYPE = 2;
export const NSH_NEXT_PROTO = 3;
export const NSH_PATH = 4;

/** Metadata of any length. */
export const NSH_M_TYPE2 = 2;

/** What follows. @kernel include/net/tun_proto.h */
export const TUN_P_IPV4 = 1;
export const TUN_P_IPV6 = 2;
export const TUN_P_ETHERNET = 3;
export const TUN_P_NSH = 4;
export const TUN_P_MPLS_UC = 5;

const TTL_SHIFT = 6;
const WORDS_MASK = 0x3f;

const ETHER_TYPES: ReadonlyMap<number, number> = new Map([
  [TUN_P_IPV4, ETH_P_IP],
  [TUN_P_IPV6, ETH_P_IPV6],
  [TUN_P_ETHERNET, ETH_P_TEB],
  [TUN_P_NSH, ETH_P_NSH],
  [TUN_P_MPLS_UC, ETH_P_MPLS_UC],
]);

/** The EtherType of what follows, 0 when unknown. @kernel tun_p_to_eth_p include/net/tun_proto.h */
export const tunPToEthP = (proto: number): number => ETHER_TYPES.get(proto) ?? 0;

/** The header's length in bytes from its first sixteen bits. @kernel nsh_hdr_len include/net/nsh.h */
export const nshHdrLen = (verFlagsTtlLen: number): number => (verFlagsTtlLen & WORDS_MASK) * 4;

export interface NshHeader {
  readonly ttl: number;
  readonly nextProto: number;
  /** Service path identifier and index. */
  readonly path: number;
  /** Context behind the base header, in units of four bytes; zeros. */
  readonly contextWords: number;
}

/** Writes the header at `off` and returns its length. */
export function emitNsh(buf: Uint8Array, off: number, header: NshHeader): number {
  const length = NSH_BASE_HDR_LEN + 4 * header.contextWords;
  putU16(buf, off + NSH_VER_FLAGS_TTL_LEN, ((header.ttl & 0x3f) << TTL_SHIFT) | ((length / 4) & WORDS_MASK));
  buf[off + NSH_MDTYPE] = NSH_M_TYPE2;
  buf[off + NSH_NEXT_PROTO] = header.nextProto;
  putU32(buf, off + NSH_PATH, header.path);
  buf.fill(0, off + NSH_BASE_HDR_LEN, off + length);
  return length;
}
