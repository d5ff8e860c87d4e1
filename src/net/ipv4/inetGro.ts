/** Receive offload of the IPv4 header. */
import { csumFold, csumPartial, csumReplace2 } from "../../bytes/checksum.js";
import { readU8, readU16, readU32, writeU16 } from "../../skb/bytes.js";
import { ENOSYS, type Errno } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import {
  IP_DF,
  IP_MF,
  IP_OFFSET,
  IPV4_CHECK,
  IPV4_DADDR,
  IPV4_FRAG_OFF,
  IPV4_HLEN,
  IPV4_PROTOCOL,
  IPV4_SADDR,
  IPV4_TOT_LEN,
  IPV4_VERSION_IHL,
} from "../../wire/ipv4.js";
import { callGroReceive, skbGroFlushFinal } from "../core/gro/callback.js";
import { groReadU8, groReadU16, groReadU32, groWindowAt, skbGroHeader } from "../core/gro/groHeader.js";
import { napiGroCb, skbGroLen, skbGroOffset, skbGroPull } from "../core/gro/napiGroCb.js";
import type { GroCallbacks, GroResult, NetKernel } from "../NetKernel.js";

/** Version 4 and no options. */
const PLAIN_HEADER = 0x45;
const IP_MAX_LEN = 0xffff;

/** @kernel inet_gro_receive net/ipv4/af_inet.c v6.12 */
export function inetGroReceive(k: NetKernel, held: readonly SkBuff[], skb: SkBuff): GroResult {
  const off = skbGroOffset(skb);
  const handler = skbGroHeader(skb, off, IPV4_HLEN) ? handlerFor(k, skb, off) : undefined;
  if (handler === undefined) {
    skbGroFlushFinal(skb, null, 1);
    return null;
  }
  const cb = napiGroCb(skb);
  cb.proto = groReadU8(skb, off + IPV4_PROTOCOL);
  const fragOff = groReadU16(skb, off + IPV4_FRAG_OFF);
  // Padding behind the packet, or a reserved flag.
  const flush = ((groReadU16(skb, off + IPV4_TOT_LEN) ^ skbGroLen(skb)) | (fragOff & ~IP_DF)) & 0xffff;

  for (const p of held) {
    const other = napiGroCb(p);
    if (other.sameFlow && !isSameFlow(skb, p, off)) other.sameFlow = false;
  }
  cb.flush |= flush;
  cb.networkOffsets[cb.encapMark ? 1 : 0] = off;
  // A header whose checksum is right adds nothing to a sum.
  skbGroPull(skb, IPV4_HLEN);
  skb.transportHeader = (skb.data + skbGroOffset(skb)) & 0xffff;
  const pp = callGroReceive(k, handler.receive, held, skb);
  skbGroFlushFinal(skb, pp, flush);
  return pp;
}

/** The transport's callbacks, where the header is one that can be merged. */
function handlerFor(k: NetKernel, skb: SkBuff, off: number): GroCallbacks | undefined {
  const handler = k.offloads.inetGro.get(groReadU8(skb, off + IPV4_PROTOCOL));
  if (handler === undefined || groReadU8(skb, off + IPV4_VERSION_IHL) !== PLAIN_HEADER) return undefined;
  if (groReadU16(skb, off + IPV4_FRAG_OFF) & (IP_MF | IP_OFFSET)) return undefined;
  const sum = csumPartial(skb.mem.arena.bytes, groWindowAt(skb, off, IPV4_HLEN), IPV4_HLEN, 0);
  return csumFold(sum) === 0 ? handler : undefined;
}

function isSameFlow(skb: SkBuff, p: SkBuff, off: number): boolean {
  const at = p.data + off;
  return (
    groReadU8(skb, off + IPV4_PROTOCOL) === readU8(p, at + IPV4_PROTOCOL) &&
    groReadU32(skb, off + IPV4_SADDR) === readU32(p, at + IPV4_SADDR) &&
    groReadU32(skb, off + IPV4_DADDR) === readU32(p, at + IPV4_DADDR)
  );
}

/** @kernel inet_gro_complete net/ipv4/af_inet.c v6.12 */
export function inetGroComplete(k: NetKernel, skb: SkBuff, nhoff: number): Errno {
  const at = skb.data + nhoff;
  if (skb.encapsulation) {
    skb.innerProtocol = ETH_P_IP;
    skb.innerProtocolIsIp = false;
    skb.innerNetworkHeader = at & 0xffff;
  }
  const before = readU16(skb, at + IPV4_TOT_LEN);
  const total = skb.len - nhoff;
  const totLen = total <= IP_MAX_LEN ? total : 0;
  writeU16(skb, at + IPV4_TOT_LEN, totLen);
  writeU16(skb, at + IPV4_CHECK, csumReplace2(readU16(skb, at + IPV4_CHECK), before, totLen));
  const handler = k.offloads.inetGro.get(readU8(skb, at + IPV4_PROTOCOL));
  if (handler === undefined) {
    skb.mem.warn("WARN", "gro-no-transport");
    return -ENOSYS;
  }
  return handler.complete(k, skb, nhoff + IPV4_HLEN);
}

/** Registered for ETH_P_IP. @kernel ip_packet_offload */
export const inetGro: GroCallbacks = { receive: inetGroReceive, complete: inetGroComplete };
