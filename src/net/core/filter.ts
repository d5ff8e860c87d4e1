/**
 * What a packet filter program may do to a packet's headers: change the network protocol, or make room for an outer
 * header. The program itself writes the bytes afterwards. `data` is at the MAC header throughout. Left out: shrinking
 * room that was never made, Ethernet inside a tunnel made by a program.
 */
import {
  SKB_GSO_DODGY,
  SKB_GSO_IPXIP4,
  SKB_GSO_IPXIP6,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { moveBytes, putBytes } from "../../skb/bytes.js";
import { skbPostpullRcsum } from "../../skb/checksumHelp.js";
import { EALREADY, ENOTSUPP, type Errno } from "../../skb/errno.js";
import { skbCow, skbCowHead } from "../../skb/expand.js";
import { skbPullInner, skbPush } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { IPV4_HLEN } from "../../wire/ipv4.js";
import { IPV6_HLEN } from "../../wire/ipv6.js";
import type { NetKernel } from "../NetKernel.js";
import { skbIsGso } from "./features.js";

const FAMILY_DIFFERENCE = IPV6_HLEN - IPV4_HLEN;

/** Moves the link header down by `len` and leaves zeroes behind it. @kernel bpf_skb_net_hdr_push net/core/filter.c */
function netHdrPush(skb: SkBuff, off: number, len: number): void {
  const transportIsNetwork = skb.transportHeader === skb.networkHeader;
  skbPush(skb, len);
  moveBytes(skb, skb.data + len, skb.data, off);
  putBytes(skb, skb.data + off, new Uint8Array(len));
  skb.macHeader -= len;
  skb.networkHeader -= len;
  if (transportIsNetwork) skb.transportHeader = skb.networkHeader;
}

/** Moves the link header up over `len` bytes behind it. @kernel bpf_skb_net_hdr_pop net/core/filter.c */
function netHdrPop(skb: SkBuff, off: number, len: number): void {
  const transportIsNetwork = skb.transportHeader === skb.networkHeader;
  skbPullInner(skb, len);
  skbPostpullRcsum(skb, skb.data - len + off, len);
  moveBytes(skb, skb.data - len, skb.data, off);
  skb.macHeader += len;
  skb.networkHeader += len;
  if (transportIsNetwork) skb.transportHeader = skb.networkHeader;
}

/**
 * Room for an IPv6 header where an IPv4 header without options was: 20 bytes more, all of it for the program to write.
 *
 * @kernel bpf_skb_proto_4_to_6 net/core/filter.c v6.12
 */
export function bpfSkbProto4To6(k: NetKernel, skb: SkBuff): Errno {
  const err = skbCow(skb, FAMILY_DIFFERENCE);
  if (err !== 0) return err;
  netHdrPush(skb, skb.macHeaderLen, FAMILY_DIFFERENCE);
  return translated(k, skb, ETH_P_IPV6, SKB_GSO_TCPV4, SKB_GSO_TCPV6);
}

/** The other way: 20 bytes less. @kernel bpf_skb_proto_6_to_4 net/core/filter.c v6.12 */
export function bpfSkbProto6To4(k: NetKernel, skb: SkBuff): Errno {
  const err = skbCow(skb, 0);
  if (err !== 0) return err;
  netHdrPop(skb, skb.macHeaderLen, FAMILY_DIFFERENCE);
  return translated(k, skb, ETH_P_IP, SKB_GSO_TCPV6, SKB_GSO_TCPV4);
}

function translated(k: NetKernel, skb: SkBuff, protocol: number, from: number, to: number): Errno {
  if (skbIsGso(skb)) {
    const shinfo = skb.shinfo;
    if (shinfo.gsoType & from) shinfo.gsoType = (shinfo.gsoType & ~from) | to;
    k.filter.markTranslated(skb);
  }
  skb.protocol = protocol;
  skb.hash = 0;
  return 0;
}

/** What the room is for. @kernel BPF_F_ADJ_ROOM_* include/uapi/linux/bpf.h */
export interface RoomFlags {
  /** gso_size stays as it is. */
  readonly fixedGso: boolean;
  /** The room holds an outer IP header of this family; without one it is just room. */
  readonly encap: "ipv4" | "ipv6" | undefined;
}

/**
 * Grows the room behind the link header by `len` bytes of zeroes.
 *
 * -ENOTSUPP for datagrams whose size would change, -EALREADY for a packet that is encapsulated, -ENOMEM.
 *
 * @kernel bpf_skb_net_grow net/core/filter.c v6.12
 */
export function bpfSkbNetGrow(k: NetKernel, skb: SkBuff, len: number, flags: RoomFlags): Errno {
  if (skbIsGso(skb) && !(skb.shinfo.gsoType & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6))) {
    if (!(skb.shinfo.gsoType & SKB_GSO_UDP_L4) || !flags.fixedGso) return -ENOTSUPP;
  }
  const err = skbCowHead(skb, len);
  if (err !== 0) return err;
  if (flags.encap !== undefined && skb.encapsulation) return -EALREADY;
  const macLen = skb.networkHeader - skb.macHeader;
  const innerNetwork = skb.networkHeader;
  const innerTransport = skb.transportHeader;
  netHdrPush(skb, skb.macHeaderLen, len);

  let gsoType = SKB_GSO_DODGY;
  if (flags.encap !== undefined) {
    skb.innerMacHeader = innerNetwork;
    skb.innerNetworkHeader = innerNetwork;
    skb.innerTransportHeader = innerTransport;
    skb.innerProtocol = skb.protocol;
    skb.innerProtocolIsIp = false;
    skb.encapsulation = true;
    skb.networkHeader = skb.data + macLen;
    gsoType |= flags.encap === "ipv6" ? SKB_GSO_IPXIP6 : SKB_GSO_IPXIP4;
    skb.protocol = flags.encap === "ipv6" ? ETH_P_IPV6 : ETH_P_IP;
  }
  return skbIsGso(skb) ? shrinkSegments(k, skb, len, gsoType, flags.fixedGso) : 0;
}

/** Headers grew, so that segments have to get smaller; the count is left for whoever looks at the headers again. */
function shrinkSegments(k: NetKernel, skb: SkBuff, len: number, gsoType: number, fixedGso: boolean): Errno {
  const shinfo = skb.shinfo;
  shinfo.gsoType |= gsoType;
  shinfo.gsoSegs = 0;
  if (fixedGso) return 0;
  shinfo.gsoSize = (shinfo.gsoSize - len) & 0xffff;
  return k.filter.settleShrunkSegments(skb);
}
