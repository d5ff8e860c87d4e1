/** The hop-by-hop header that announces a packet above 64 KiB: only TCP aggregates carry it, and never beyond the host. */
import { moveBytes, readU8, writeU8 } from "../../skb/bytes.js";
import { EPERM, type Errno } from "../../skb/errno.js";
import { skbCowHead } from "../../skb/expand.js";
import { skbPullInner } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import { IPV6_HLEN, IPV6_NEXTHDR } from "../../wire/ipv6.js";
import {
  HOP_JUMBO_HLEN,
  HOP_JUMBO_TLV_TYPE,
  IPV6_OPT_HDRLEN,
  IPV6_OPT_NEXTHDR,
  IPV6_TLV_JUMBO,
  NEXTHDR_HOP,
  NEXTHDR_TCP,
} from "../../wire/ipv6Ext.js";
import { GRO_LEGACY_MAX_SIZE } from "../core/NetDevice.js";

/** Whether such a header, and nothing else, stands between IPv6 and TCP. @kernel ipv6_has_hopopt_jumbo include/net/ipv6.h */
export function ipv6HasHopoptJumbo(skb: SkBuff): boolean {
  if (skb.len <= GRO_LEGACY_MAX_SIZE || skb.protocol !== ETH_P_IPV6) return false;
  if (skb.networkOffset + IPV6_HLEN + HOP_JUMBO_HLEN > skb.headlen) return false;
  const nhdr = skb.networkHeader;
  if (readU8(skb, nhdr + IPV6_NEXTHDR) !== NEXTHDR_HOP) return false;
  const jhdr = nhdr + IPV6_HLEN;
  return (
    readU8(skb, jhdr + HOP_JUMBO_TLV_TYPE) === IPV6_TLV_JUMBO &&
    readU8(skb, jhdr + IPV6_OPT_HDRLEN) === 0 &&
    readU8(skb, jhdr + IPV6_OPT_NEXTHDR) === NEXTHDR_TCP
  );
}

/**
 * Takes the header out by moving MAC and IPv6 header up to the transport header. `data` is at the IPv6 header, before
 * and after. The error is the kernel's plain -1.
 *
 * @kernel ipv6_hopopt_jumbo_remove include/net/ipv6.h v6.12
 */
export function ipv6HopoptJumboRemove(skb: SkBuff): Errno {
  if (!ipv6HasHopoptJumbo(skb)) return 0;
  if (skbCowHead(skb, 0) !== 0) return -EPERM;
  moveBytes(skb, skb.macHeader, skb.macHeader + HOP_JUMBO_HLEN, skb.networkHeader - skb.macHeader + IPV6_HLEN);
  skbPullInner(skb, HOP_JUMBO_HLEN);
  skb.networkHeader += HOP_JUMBO_HLEN;
  skb.macHeader += HOP_JUMBO_HLEN;
  writeU8(skb, skb.networkHeader + IPV6_NEXTHDR, NEXTHDR_TCP);
  return 0;
}
