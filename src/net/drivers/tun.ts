/**
 * A tap device: frames that a program writes come in here, frames that the stack sends go out. Left out: layer 3
 * devices, packet information headers, zero-copy from vhost, XDP.
 */

import {
  MAX_SKB_FRAGS,
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_SOFTWARE,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_GSO_UDP_TUNNEL,
  NETIF_F_GSO_UDP_TUNNEL_CSUM,
  NETIF_F_HW_CSUM,
  NETIF_F_HW_VLAN_CTAG_TX,
  NETIF_F_HW_VLAN_STAG_TX,
  NETIF_F_SG,
  NETIF_F_TSO,
  NETIF_F_TSO_ECN,
  NETIF_F_TSO_MANGLEID,
  NETIF_F_TSO6,
} from "../../abi/features.js";
import type { Memory } from "../../memory/Memory.js";
import {
  allocPage,
  allocSkb,
  buildSkb,
  NET_SKB_PAD,
  PAGE_SIZE,
  SHINFO_OVERHEAD,
  skbDataAlign,
} from "../../skb/alloc.js";
import { putBytes } from "../../skb/bytes.js";
import { EINVAL, ENOMEM, type Errno } from "../../skb/errno.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbOrphan, skbSetOwnerW } from "../../skb/owner.js";
import type { Frag } from "../../skb/Page.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbPut, skbReserve, skbResetNetworkHeader } from "../../skb/pushPull.js";
import { skbHeaderBytes } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import type { Sock } from "../../skb/Sock.js";
import { ETH_ALEN, ETH_HLEN } from "../../wire/ethernet.js";
import {
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_LEN,
  VIRTIO_NET_HDR_TUNNEL_LEN,
  type VirtioNetHdr,
  type VirtioNetHdrTunnel,
} from "../../wire/virtioNetHdr.js";
import { VLAN_HLEN } from "../../wire/vlan.js";
import { skbProbeTransportHeader } from "../core/transportHeader.js";
import { ethTypeTrans } from "../ethernet/eth.js";
import type { NetKernel } from "../NetKernel.js";
import { virtioNetHdrTnlFromSkb, virtioNetHdrTnlToSkb } from "./virtioNetTunnel.js";

/** x86 aligns nothing. @kernel NET_IP_ALIGN */
const NET_IP_ALIGN = 0;
const TUN_RX_PAD = NET_IP_ALIGN + NET_SKB_PAD;
const XDP_PACKET_HEADROOM = 256;
const LARGEST_PAGE = PAGE_SIZE << 3;

/** Where the written bytes end up: the socket of the open file is charged for them. */
export interface TapWriter {
  readonly mem: Memory;
  readonly sk: Sock;
  /** Of the device. Unset: frames to any one station are for it. */
  readonly address?: Uint8Array;
  /** Bytes of header that are written in front of each frame, 10 unless given. @kernel TUNSETVNETHDRSZ */
  readonly vnetHdrSz?: number;
}

/** The frame as an sk_buff that enters the stack, `data` at its network header; or the errno of write(). */
export type Written = { readonly skb: SkBuff; readonly err: 0 } | { readonly skb: null; readonly err: Errno };

const refused = (err: Errno): Written => ({ skb: null, err });

/** Puts a written frame into an sk_buff, whose headers need only so many linear bytes; or says why not. */
export type TapLayout = (tap: TapWriter, frame: Uint8Array, hdrLen: number) => SkBuff | Errno;

/**
 * One write() of a frame with its virtio_net_hdr. The offsets of a tunnel are read, and tunnels accepted, where
 * `tap.vnetHdrSz` has room for them: 24 bytes.
 *
 * @kernel tun_get_user drivers/net/tun.c v6.12, tun_vnet_hdr_guest_features drivers/net/tun_vnet.h v6.18
 */
export function tunGetUser(
  k: NetKernel,
  tap: TapWriter,
  vnet: VirtioNetHdr | VirtioNetHdrTunnel,
  frame: Uint8Array,
  layOut: TapLayout = tunLayOut,
): Written {
  let hdrLen = vnet.hdrLen;
  if (vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && vnet.csumStart + vnet.csumOffset + 2 > hdrLen) {
    hdrLen = (vnet.csumStart + vnet.csumOffset + 2) & 0xffff;
  }
  if (hdrLen > frame.length) return refused(-EINVAL);
  if (frame.length < ETH_HLEN || (hdrLen > 0 && hdrLen < ETH_HLEN)) return refused(-EINVAL);

  const skb = layOut(tap, frame, hdrLen);
  if (typeof skb === "number") return refused(skb);
  const tunnels = (tap.vnetHdrSz ?? VIRTIO_NET_HDR_LEN) >= VIRTIO_NET_HDR_TUNNEL_LEN;
  const err = virtioNetHdrTnlToSkb(k, skb, { outerThOffset: 0, innerNhOffset: 0, ...vnet, hdrLen }, tunnels);
  if (err !== 0) {
    kfreeSkb(skb);
    return refused(err);
  }
  if (!pskbMayPull(skb, ETH_HLEN)) {
    kfreeSkb(skb);
    return refused(-ENOMEM);
  }
  ethTypeTrans(skb, tap.address);
  skbResetNetworkHeader(skb);
  skbProbeTransportHeader(skb);
  return { skb, err: 0 };
}

/** A buffer of its own for small frames; a linear part and page fragments for the others. */
function tunLayOut(tap: TapWriter, frame: Uint8Array, hdrLen: number): SkBuff | Errno {
  const { mem, sk } = tap;
  const small = skbDataAlign(frame.length + TUN_RX_PAD + XDP_PACKET_HEADROOM) + SHINFO_OVERHEAD <= PAGE_SIZE;
  if (small) {
    const skb = buildSkb(mem, PAGE_SIZE - SHINFO_OVERHEAD);
    if (skb === null) return -ENOMEM;
    skbReserve(skb, TUN_RX_PAD + XDP_PACKET_HEADROOM);
    putBytes(skb, skbPut(skb, frame.length), frame);
    skbSetOwnerW(skb, sk);
    return skb;
  }
  const goodLinear = PAGE_SIZE - TUN_RX_PAD - SHINFO_OVERHEAD;
  let linear = Math.min(hdrLen, goodLinear);
  if (linear === 0) linear = Math.min(goodLinear, frame.length);
  if (TUN_RX_PAD + frame.length < PAGE_SIZE) linear = frame.length;
  const mostPaged = MAX_SKB_FRAGS * LARGEST_PAGE;
  if (frame.length - linear > mostPaged) linear = frame.length - mostPaged;

  const skb = allocSkb(mem, TUN_RX_PAD + linear);
  if (skb === null) return -ENOMEM;
  skbReserve(skb, TUN_RX_PAD);
  putBytes(skb, skbPut(skb, linear), frame.subarray(0, linear));
  if (!fillFrags(skb, frame.subarray(linear))) {
    kfreeSkb(skb);
    return -ENOMEM;
  }
  skbSetOwnerW(skb, sk);
  return skb;
}

/** Pages as large as they come. @kernel alloc_skb_with_frags net/core/skbuff.c */
function fillFrags(skb: SkBuff, bytes: Uint8Array): boolean {
  const frags: Frag[] = [];
  for (let done = 0; done < bytes.length; ) {
    let size = LARGEST_PAGE;
    while (size > PAGE_SIZE && size / 2 >= bytes.length - done) size /= 2;
    const page = allocPage(skb.mem, size);
    if (page === null) {
      skb.shinfo.fragsChangedTo(frags);
      return false;
    }
    const len = Math.min(size, bytes.length - done);
    skb.mem.arena.bytes.set(bytes.subarray(done, done + len), page.base);
    frags.push({ page, offset: 0, len });
    done += len;
  }
  skb.shinfo.fragsChangedTo(frags);
  skb.dataLen += bytes.length;
  skb.len += bytes.length;
  skb.truesize += frags.reduce((sum, frag) => sum + frag.page.size, 0);
  return true;
}

/** Tags that a tap inserts itself; they do not count for packets that are tagged already. */
export const TUN_VLAN_OFFLOADS = NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX;

/** Features of a tap that every configuration has. @kernel tun_net_init drivers/net/tun.c */
const TUN_BASE_FEATURES = NETIF_F_SG | NETIF_F_FRAGLIST | TUN_VLAN_OFFLOADS;

const TUN_USER_FEATURES =
  NETIF_F_HW_CSUM |
  NETIF_F_TSO_ECN |
  NETIF_F_TSO |
  NETIF_F_TSO6 |
  NETIF_F_GSO_UDP_L4 |
  NETIF_F_GSO_UDP_TUNNEL |
  NETIF_F_GSO_UDP_TUNNEL_CSUM;

/**
 * What a tap can do for encapsulated packets: everything that it could be told to do, whatever it was told; and what
 * registration adds. Only together with `tunFeatures` does it count.
 *
 * @kernel tun_net_init drivers/net/tun.c v6.18, register_netdevice net/core/dev.c
 */
export const TUN_HW_ENC_FEATURES = TUN_BASE_FEATURES | TUN_USER_FEATURES | NETIF_F_GSO_PARTIAL | NETIF_F_TSO_MANGLEID;

/**
 * The features that TUNSETOFFLOAD turns on. UFO is accepted and ignored; USO needs both families, tunnels some plain
 * offload, and tunnels with a checksum those without.
 *
 * @kernel set_offload drivers/net/tun.c v6.18
 */
export function tunFeatures(offloads: readonly string[]): number {
  const has = (name: string): boolean => offloads.includes(name);
  let features = TUN_BASE_FEATURES;
  if (!has("csum")) return features;
  features |= NETIF_F_HW_CSUM;
  if (has("tso4") || has("tso6")) {
    if (has("tso_ecn")) features |= NETIF_F_TSO_ECN;
    if (has("tso4")) features |= NETIF_F_TSO;
    if (has("tso6")) features |= NETIF_F_TSO6;
  }
  if (has("uso4") && has("uso6")) features |= NETIF_F_GSO_UDP_L4;
  if (features & NETIF_F_GSO_SOFTWARE && has("udp_tunnel_gso")) {
    features |= NETIF_F_GSO_UDP_TUNNEL;
    if (has("udp_tunnel_gso_csum")) features |= NETIF_F_GSO_UDP_TUNNEL_CSUM;
  }
  return features;
}

/** Of a tap that is read. */
export interface TapReader {
  /** Of the device: what `tunFeatures` gave. */
  readonly features: number;
  /** Bytes of header that are read in front of each frame. @kernel TUNSETVNETHDRSZ */
  readonly vnetHdrSz: number;
}

/** What a program reads for one frame. In a header of ten bytes the offsets of a tunnel are not there, and are 0. */
export interface TapRead {
  readonly vnet: VirtioNetHdrTunnel;
  readonly frame: Uint8Array;
}

/**
 * What a read() of a queued frame gives; an accelerated VLAN tag goes back into the frame. Null for what the header
 * cannot express, and where the device may be given tunnels but the header has no room for them. The sk_buff stays the
 * caller's.
 *
 * @kernel tun_put_user drivers/net/tun.c v6.12, tun_vnet_hdr_tnl_from_skb drivers/net/tun_vnet.h v6.18
 */
export function tunPutUser(
  skb: SkBuff,
  tap: TapReader = { features: 0, vnetHdrSz: VIRTIO_NET_HDR_LEN },
): TapRead | null {
  const tunnels = (tap.features & NETIF_F_GSO_UDP_TUNNEL) !== 0;
  if (tunnels && tap.vnetHdrSz < VIRTIO_NET_HDR_TUNNEL_LEN) return null;
  const vlanHlen = skb.vlanProto !== 0 ? VLAN_HLEN : 0;
  const vnet = virtioNetHdrTnlFromSkb(skb, tunnels, vlanHlen);
  const bytes = skbHeaderBytes(skb, 0, skb.len);
  if (vnet === undefined || bytes === null) return null;
  if (vlanHlen === 0) return { vnet, frame: bytes };
  const frame = new Uint8Array(bytes.length + VLAN_HLEN);
  frame.set(bytes.subarray(0, 2 * ETH_ALEN));
  frame.set([skb.vlanProto >>> 8, skb.vlanProto & 0xff, skb.vlanTci >>> 8, skb.vlanTci & 0xff], 2 * ETH_ALEN);
  frame.set(bytes.subarray(2 * ETH_ALEN), 2 * ETH_ALEN + VLAN_HLEN);
  return { vnet, frame };
}

/** The driver's transmit: the sender is told at once. @kernel tun_net_xmit drivers/net/tun.c */
export function tunNetXmit(skb: SkBuff, ring: SkBuff[]): void {
  skbOrphan(skb);
  ring.push(skb);
}
