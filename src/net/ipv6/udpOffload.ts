/** IPv6 UDP: datagrams and tunnels by the shared code, fragments with a fragment header of their own. */

import { SKB_GSO_UDP, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import { moveBytes, readU8, writeU8, writeU16, writeU32 } from "../../skb/bytes.js";
import { EINVAL } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import {
  IPV6_FRAG_HLEN,
  IPV6_FRAG_IDENTIFICATION,
  IPV6_FRAG_NEXTHDR,
  IPV6_FRAG_OFF,
  NEXTHDR_FRAGMENT,
} from "../../wire/ipv6Ext.js";
import { UDP_HLEN } from "../../wire/udp.js";
import { gsoPskbExpandHead, skbTnlHeaderLen } from "../core/gso.js";
import { skbSegment } from "../core/skbSegment.js";
import { completeUfoChecksum, udpGsoSegmentInner } from "../ipv4/udpOffload.js";
import { skbUdpTunnelSegment } from "../ipv4/udpTunnel.js";
import type { NetKernel, Segments } from "../NetKernel.js";
import { ip6Find1stfragopt } from "./outputCore.js";

/**
 * `data` is at the UDP header. For UFO the unfragmentable headers move down by eight bytes, to make room for a fragment
 * header that all fragments then share; the kernel does this in place, even where the head is shared.
 *
 * @kernel udp6_ufo_fragment net/ipv6/udp_offload.c v6.12
 */
export function udp6UfoFragment(k: NetKernel, skb: SkBuff, features: number): Segments {
  if (k.udpOffload.isTunnelled(skb)) return skbUdpTunnelSegment(k, skb, features, true);
  if (!(skb.shinfo.gsoType & (SKB_GSO_UDP | SKB_GSO_UDP_L4)) || !pskbMayPull(skb, UDP_HLEN)) return -EINVAL;
  if (k.udpOffload.isCutIntoDatagrams(skb, features)) return udpGsoSegmentInner(k, skb, features, true);
  const mss = skb.shinfo.gsoSize;
  if (skb.len <= mss) return -EINVAL;
  const fragmentFeatures = completeUfoChecksum(skb, features, true);

  const tnlHlen = skbTnlHeaderLen(skb);
  if (skb.macHeader < tnlHlen + IPV6_FRAG_HLEN && gsoPskbExpandHead(skb, tnlHlen + IPV6_FRAG_HLEN) !== 0) {
    return -EINVAL;
  }
  const found = ip6Find1stfragopt(skb);
  if (found.err !== 0) return found.err;
  const nexthdr = readU8(skb, found.prevhdr);
  writeU8(skb, found.prevhdr, NEXTHDR_FRAGMENT);
  const unfragLen = skb.networkHeader - skb.macHeader + found.offset + tnlHlen;
  moveBytes(skb, skb.cbMacOffset, skb.cbMacOffset - IPV6_FRAG_HLEN, unfragLen);
  skb.cbMacOffset -= IPV6_FRAG_HLEN;
  skb.macHeader -= IPV6_FRAG_HLEN;
  skb.networkHeader -= IPV6_FRAG_HLEN;

  const fptr = skb.networkHeader + found.offset;
  writeU8(skb, fptr + IPV6_FRAG_NEXTHDR, nexthdr);
  writeU8(skb, fptr + IPV6_FRAG_NEXTHDR + 1, 0);
  writeU16(skb, fptr + IPV6_FRAG_OFF, 0);
  writeU32(skb, fptr + IPV6_FRAG_IDENTIFICATION, k.udpOffload.ipv6FragmentId(skb));
  return skbSegment(k, skb, fragmentFeatures);
}
