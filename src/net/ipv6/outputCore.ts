/** Where an IPv6 packet may be fragmented. */
import { readU8 } from "../../skb/bytes.js";
import { EINVAL, type Errno } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { IPV6_HLEN, IPV6_NEXTHDR } from "../../wire/ipv6.js";
import {
  IPV6_OPT_HDRLEN,
  IPV6_OPT_NEXTHDR,
  IPV6_TLV_HAO,
  IPV6_TLV_PAD1,
  NEXTHDR_DEST,
  NEXTHDR_HOP,
  NEXTHDR_ROUTING,
} from "../../wire/ipv6Ext.js";

export interface FragmentPoint {
  readonly err: Errno;
  /** Length of the unfragmentable part, from the IPv6 header on. */
  readonly offset: number;
  /** Offset from head of the next-header byte that announces what follows it. */
  readonly prevhdr: number;
}

const failed: FragmentPoint = { err: -EINVAL, offset: 0, prevhdr: 0 };

/**
 * Walks the headers that every fragment must repeat: hop-by-hop, routing, and destination options before a routing
 * header or with a home address.
 *
 * @kernel ip6_find_1stfragopt net/ipv6/output_core.c v6.12
 */
export function ip6Find1stfragopt(skb: SkBuff): FragmentPoint {
  const packetLen = skb.tail - skb.networkHeader;
  let offset = IPV6_HLEN;
  let prevhdr = skb.networkHeader + IPV6_NEXTHDR;
  let foundRouting = false;
  while (offset <= packetLen) {
    const nexthdr = readU8(skb, prevhdr);
    if (nexthdr === NEXTHDR_ROUTING) {
      foundRouting = true;
    } else if (nexthdr === NEXTHDR_DEST) {
      if (!hasHomeAddress(skb, offset) && foundRouting) return { err: 0, offset, prevhdr };
    } else if (nexthdr !== NEXTHDR_HOP) {
      return { err: 0, offset, prevhdr };
    }
    if (offset + 2 > packetLen) return failed;
    const exthdr = skb.networkHeader + offset;
    offset += (readU8(skb, exthdr + IPV6_OPT_HDRLEN) + 1) * 8;
    if (offset > 0xffff) return failed;
    prevhdr = exthdr + IPV6_OPT_NEXTHDR;
  }
  return failed;
}

/** Whether destination options at `offset` hold a home address. @kernel ipv6_find_tlv net/ipv6/exthdrs_core.c */
function hasHomeAddress(skb: SkBuff, offset: number): boolean {
  let at = skb.networkHeader + offset;
  if (at + 8 > skb.tail) return false;
  let left = (readU8(skb, at + IPV6_OPT_HDRLEN) + 1) * 8;
  if (at + left > skb.tail) return false;
  at += 2;
  left -= 2;
  while (left > 0) {
    const option = readU8(skb, at);
    if (option === IPV6_TLV_HAO) return true;
    if (option === IPV6_TLV_PAD1) {
      at++;
      left--;
      continue;
    }
    if (left < 2) return false;
    const len = readU8(skb, at + 1) + 2;
    if (len > left) return false;
    at += len;
    left -= len;
  }
  return false;
}
