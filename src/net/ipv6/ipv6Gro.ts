/** Receive offload of the IPv6 header with its extension headers. */
import { moveBytes, readU8, readU32, writeU8, writeU16, writeU32 } from "../../skb/bytes.js";
import { ENOSYS, type Errno } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import { IPV6_FLOW, IPV6_HLEN, IPV6_NEXTHDR, IPV6_PAYLOAD_LEN, IPV6_SADDR } from "../../wire/ipv6.js";
import {
  HOP_JUMBO_HLEN,
  HOP_JUMBO_TLV_TYPE,
  IPV6_OPT_HDRLEN,
  IPV6_OPT_NEXTHDR,
  IPV6_TLV_JUMBO,
  NEXTHDR_HOP,
} from "../../wire/ipv6Ext.js";
import { callGroReceive, skbGroFlushFinal } from "../core/gro/callback.js";
import { skbGroPostpullRcsum } from "../core/gro/checksum.js";
import { groReadU8, groReadU16, groReadU32, groSameBytes, skbGroHeader } from "../core/gro/groHeader.js";
import { napiGroCb, skbGroOffset, skbGroPull } from "../core/gro/napiGroCb.js";
import type { GroCallbacks, GroResult, NetKernel } from "../NetKernel.js";

const IPV6_MAXPLEN = 0xffff;
/** Version and flow label: the traffic class may differ as far as this layer goes. */
const FLOW_MASK = 0xf00fffff;
const ADDRESSES_LEN = 32;
/** @kernel struct hop_jumbo_hdr include/net/ipv6.h */
const JUMBO_TLV_LEN = 3;
const JUMBO_PAYLOAD_LEN = 4;

/** @kernel ipv6_gro_receive net/ipv6/ip6_offload.c v6.12 */
export function ipv6GroReceive(k: NetKernel, held: readonly SkBuff[], skb: SkBuff): GroResult {
  const off = skbGroOffset(skb);
  if (!skbGroHeader(skb, off, IPV6_HLEN)) return refuse(skb);
  const cb = napiGroCb(skb);
  cb.networkOffsets[cb.encapMark ? 1 : 0] = off;
  const flush = groReadU16(skb, off + IPV6_PAYLOAD_LEN) !== skb.len - off - IPV6_HLEN ? 1 : 0;

  let proto = groReadU8(skb, off + IPV6_NEXTHDR);
  if (k.offloads.inet6Gro.has(proto)) skbGroPull(skb, IPV6_HLEN);
  else proto = ipv6GroPullExthdrs(k, skb, off + IPV6_HLEN, proto);
  const handler = k.offloads.inet6Gro.get(proto);
  if (handler === undefined) return refuse(skb);

  skb.transportHeader = (skb.data + skbGroOffset(skb)) & 0xffff;
  cb.proto = proto;
  const nlen = skbGroOffset(skb) - off;
  for (const p of held) {
    const other = napiGroCb(p);
    if (other.sameFlow && !isSameFlow(skb, p, off, nlen)) other.sameFlow = false;
  }
  cb.flush |= flush;
  skbGroPostpullRcsum(skb, off, nlen);
  const pp = callGroReceive(k, handler.receive, held, skb);
  skbGroFlushFinal(skb, pp, flush);
  return pp;
}

function refuse(skb: SkBuff): null {
  skbGroFlushFinal(skb, null, 1);
  return null;
}

/** Moves the gro offset behind the extension headers that may be skipped. @kernel ipv6_gro_pull_exthdrs */
function ipv6GroPullExthdrs(k: NetKernel, skb: SkBuff, from: number, nexthdr: number): number {
  let off = from;
  let proto = nexthdr;
  while (k.offloads.inet6Extensions.has(proto) && skbGroHeader(skb, off, 2)) {
    const len = (groReadU8(skb, off + IPV6_OPT_HDRLEN) + 1) * 8;
    if (!skbGroHeader(skb, off, len)) break;
    proto = groReadU8(skb, off + IPV6_OPT_NEXTHDR);
    off += len;
  }
  skbGroPull(skb, off - skbGroOffset(skb));
  return proto;
}

function isSameFlow(skb: SkBuff, p: SkBuff, off: number, nlen: number): boolean {
  const at = p.data + off;
  if ((groReadU32(skb, off + IPV6_FLOW) ^ readU32(p, at + IPV6_FLOW)) & FLOW_MASK) return false;
  if (groReadU8(skb, off + IPV6_NEXTHDR) !== readU8(p, at + IPV6_NEXTHDR)) return false;
  return (
    groSameBytes(skb, p, off + IPV6_SADDR, ADDRESSES_LEN) && groSameBytes(skb, p, off + IPV6_HLEN, nlen - IPV6_HLEN)
  );
}

/** @kernel ipv6_gro_complete net/ipv6/ip6_offload.c v6.12 */
export function ipv6GroComplete(k: NetKernel, skb: SkBuff, nhoff: number): Errno {
  if (skb.encapsulation) {
    skb.innerProtocol = ETH_P_IPV6;
    skb.innerProtocolIsIp = false;
    skb.innerNetworkHeader = (skb.data + nhoff) & 0xffff;
  }
  const payloadLen = skb.len - nhoff - IPV6_HLEN;
  if (payloadLen > IPV6_MAXPLEN) insertJumbo(skb, nhoff, payloadLen);
  const iph = skb.data + nhoff;
  writeU16(skb, iph + IPV6_PAYLOAD_LEN, payloadLen > IPV6_MAXPLEN ? 0 : payloadLen);

  const { proto, len } = ipv6ExthdrsLen(k, skb, iph);
  const handler = k.offloads.inet6Gro.get(proto);
  if (handler === undefined) {
    skb.mem.warn("WARN", "gro-no-transport");
    return -ENOSYS;
  }
  return handler.complete(k, skb, nhoff + IPV6_HLEN + len);
}

/** Moves the headers eight bytes towards the head and says the length in a hop-by-hop option in the gap. */
function insertJumbo(skb: SkBuff, nhoff: number, payloadLen: number): void {
  moveBytes(skb, skb.macHeader, skb.macHeader - HOP_JUMBO_HLEN, skb.transportHeader - skb.macHeader);
  skb.data -= HOP_JUMBO_HLEN;
  skb.len += HOP_JUMBO_HLEN;
  skb.macHeader = (skb.macHeader - HOP_JUMBO_HLEN) & 0xffff;
  skb.networkHeader = (skb.networkHeader - HOP_JUMBO_HLEN) & 0xffff;
  const iph = skb.data + nhoff;
  const jumbo = iph + IPV6_HLEN;
  writeU8(skb, jumbo + IPV6_OPT_NEXTHDR, readU8(skb, iph + IPV6_NEXTHDR));
  writeU8(skb, jumbo + IPV6_OPT_HDRLEN, 0);
  writeU8(skb, jumbo + HOP_JUMBO_TLV_TYPE, IPV6_TLV_JUMBO);
  writeU8(skb, jumbo + JUMBO_TLV_LEN, 4);
  writeU32(skb, jumbo + JUMBO_PAYLOAD_LEN, payloadLen + HOP_JUMBO_HLEN);
  writeU8(skb, iph + IPV6_NEXTHDR, NEXTHDR_HOP);
}

/** @kernel ipv6_exthdrs_len net/ipv6/ip6_offload.c */
function ipv6ExthdrsLen(k: NetKernel, skb: SkBuff, iph: number): { readonly proto: number; readonly len: number } {
  let proto = readU8(skb, iph + IPV6_NEXTHDR);
  let len = 0;
  while (k.offloads.inet6Extensions.has(proto)) {
    const at = iph + IPV6_HLEN + len;
    len += (readU8(skb, at + IPV6_OPT_HDRLEN) + 1) * 8;
    proto = readU8(skb, at + IPV6_OPT_NEXTHDR);
  }
  return { proto, len };
}

/** Registered for ETH_P_IPV6. @kernel ipv6_packet_offload */
export const ipv6Gro: GroCallbacks = { receive: ipv6GroReceive, complete: ipv6GroComplete };
