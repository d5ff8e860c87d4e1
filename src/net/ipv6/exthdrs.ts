/**
 * IPv6 extension headers: stepping over them, and what their options ask of a receiver. Left out: ICMPv6 errors about
 * options, what jumbo lengths say, home addresses.
 */
import { readU8 } from "../../skb/bytes.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import { skbHeaderBytes } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { IPV6_HLEN, IPV6_NEXTHDR } from "../../wire/ipv6.js";
import {
  IPV6_TLV_HAO,
  IPV6_TLV_PAD1,
  IPV6_TLV_PADN,
  NEXTHDR_DEST,
  NEXTHDR_FRAGMENT,
  NEXTHDR_HOP,
  NEXTHDR_ROUTING,
} from "../../wire/ipv6Ext.js";

const IPV6_TLV_ROUTERALERT = 5;
const IPV6_TLV_JUMBO = 0xc2;
const KNOWN_OPTIONS: ReadonlySet<number> = new Set([IPV6_TLV_ROUTERALERT, IPV6_TLV_HAO, IPV6_TLV_JUMBO]);
/** The first two bits of an option's type: what to do with a packet whose option nobody knows; 0 means skip. */
const UNKNOWN_ACTION = 0xc0;
const MAX_PADDING = 7;
const SKIPPED: ReadonlySet<number> = new Set([NEXTHDR_HOP, NEXTHDR_ROUTING, NEXTHDR_DEST]);

export interface FoundTransport {
  /** Of the transport header, counted from `data`. */
  readonly offset: number;
  readonly proto: number;
}

/**
 * The header behind all extension headers; undefined behind a fragment header, or where headers are cut off.
 *
 * @kernel ipv6_skip_exthdr net/ipv6/exthdrs_core.c v6.12
 */
export function ipv6SkipExthdr(skb: SkBuff): FoundTransport | undefined {
  let proto = readU8(skb, skb.networkHeader + IPV6_NEXTHDR);
  let offset = skb.networkOffset + IPV6_HLEN;
  while (SKIPPED.has(proto)) {
    const header = skbHeaderBytes(skb, offset, 2);
    if (header === null) return undefined;
    proto = header[0] as number;
    offset += ((header[1] as number) + 1) * 8;
  }
  return proto === NEXTHDR_FRAGMENT ? undefined : { offset, proto };
}

/**
 * Checks the options of the header at `data`, which is hop-by-hop or destination options, and makes it linear. Returns
 * its length, or undefined for options that end the packet's way.
 *
 * @kernel ipv6_parse_hopopts, ipv6_destopt_rcv, ip6_parse_tlv net/ipv6/exthdrs.c v6.12
 */
export function ip6ParseTlv(skb: SkBuff, offset: number): number | undefined {
  if (!pskbMayPull(skb, offset + 8)) return undefined;
  const len = (readU8(skb, skb.data + offset + 1) + 1) * 8;
  if (!pskbMayPull(skb, offset + len)) return undefined;
  let at = skb.data + offset + 2;
  let left = len - 2;
  let padding = 0;
  while (left > 0) {
    const type = readU8(skb, at);
    if (type === IPV6_TLV_PAD1) {
      if (++padding > MAX_PADDING) return undefined;
      at++;
      left--;
      continue;
    }
    if (left < 2) return undefined;
    const size = readU8(skb, at + 1) + 2;
    if (size > left) return undefined;
    if (type === IPV6_TLV_PADN) {
      padding += size;
      if (padding > MAX_PADDING || !isZero(skb, at + 2, size - 2)) return undefined;
    } else {
      padding = 0;
      if (!KNOWN_OPTIONS.has(type) && type & UNKNOWN_ACTION) return undefined;
    }
    at += size;
    left -= size;
  }
  return len;
}

function isZero(skb: SkBuff, at: number, n: number): boolean {
  for (let i = 0; i < n; i++) if (readU8(skb, at + i) !== 0) return false;
  return true;
}
