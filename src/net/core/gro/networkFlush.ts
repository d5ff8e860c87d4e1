/** Whether the IP headers of two packets of one flow allow merging them: asked by the transport layers. */
import { readU8, readU16, readU32 } from "../../../skb/bytes.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { IP_DF, IPV4_FRAG_OFF, IPV4_ID, IPV4_TOS, IPV4_TTL, IPV4_VERSION_IHL } from "../../../wire/ipv4.js";
import { IPV6_FLOW, IPV6_HOP_LIMIT } from "../../../wire/ipv6.js";
import type { NetKernel } from "../../NetKernel.js";
import { groReadU8, groReadU16, groReadU32 } from "./groHeader.js";
import { napiGroCb } from "./napiGroCb.js";

/**
 * Not 0 when `skb` must not join the held `p`. The transport header of both lies `off` bytes behind `data`; where their
 * IP headers are is taken from `p`. May decide that the flow of `p` has a fixed identification.
 *
 * @kernel gro_receive_network_flush include/net/gro.h v6.12
 */
export function groReceiveNetworkFlush(k: NetKernel, skb: SkBuff, p: SkBuff, off: number): number {
  const cb = napiGroCb(p);
  const behind = (networkOffset: number): number => off - (p.transportOffset - networkOffset);
  const flush = groReceiveNetworkFlushInner(k, skb, p, behind(cb.networkOffsets[0]), cb.encapMark, false);
  if (!cb.encapMark) return flush;
  return flush | groReceiveNetworkFlushInner(k, skb, p, behind(cb.networkOffsets[1]), false, true);
}

function groReceiveNetworkFlushInner(
  k: NetKernel,
  skb: SkBuff,
  p: SkBuff,
  nh: number,
  outer: boolean,
  inner: boolean,
): number {
  if (groReadU8(skb, nh + IPV4_VERSION_IHL) >>> 4 === 6) return ipv6GroFlush(skb, p, nh);
  return inetGroFlush(k, skb, p, nh, outer, inner);
}

/** @kernel inet_gro_flush include/net/gro.h v6.12 */
function inetGroFlush(k: NetKernel, skb: SkBuff, p: SkBuff, nh: number, outer: boolean, inner: boolean): number {
  const held = p.data + nh;
  const cb = napiGroCb(p);
  const fragOff = groReadU16(skb, nh + IPV4_FRAG_OFF);
  const df = (fragOff & IP_DF) !== 0;
  const flush =
    (groReadU8(skb, nh + IPV4_TTL) ^ readU8(p, held + IPV4_TTL)) |
    (groReadU8(skb, nh + IPV4_TOS) ^ readU8(p, held + IPV4_TOS)) |
    ((fragOff ^ readU16(p, held + IPV4_FRAG_OFF)) & IP_DF);
  if (flush !== 0 || k.groFlush.ignoresId(outer, df)) return flush;

  const distance = (groReadU16(skb, nh + IPV4_ID) - readU16(p, held + IPV4_ID)) & 0xffff;
  const fixed = inner ? "innerIpFixedid" : "ipFixedid";
  if (cb.count === 1 && distance === 0 && k.groFlush.mayHaveFixedId(df)) cb[fixed] = true;
  return distance ^ (cb[fixed] ? 0 : cb.count);
}

/** @kernel ipv6_gro_flush include/net/gro.h v6.12 */
function ipv6GroFlush(skb: SkBuff, p: SkBuff, nh: number): number {
  const held = p.data + nh;
  const trafficClass = (groReadU32(skb, nh + IPV6_FLOW) ^ readU32(p, held + IPV6_FLOW)) & 0x0ff00000;
  const hopLimit = groReadU8(skb, nh + IPV6_HOP_LIMIT) ^ readU8(p, held + IPV6_HOP_LIMIT);
  return trafficClass !== 0 || hopLimit !== 0 ? 1 : 0;
}

/** The IP header that belongs to the transport header being completed. @kernel network_offsets[skb->encapsulation] */
export const groCompleteNetworkOffset = (k: NetKernel, skb: SkBuff): number =>
  k.groFlush.completeNetworkOffset(napiGroCb(skb), skb.encapsulation);

/** The IP header that belongs to the transport header being received. @kernel skb_gro_receive_network_offset */
export const skbGroReceiveNetworkOffset = (skb: SkBuff): number => {
  const cb = napiGroCb(skb);
  return cb.networkOffsets[cb.encapMark ? 1 : 0];
};
