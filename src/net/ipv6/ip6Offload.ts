/** Segmentation below an IPv6 header with its extension headers. */

import { SKB_GSO_IPXIP4, SKB_GSO_IPXIP6, SKB_GSO_PARTIAL, SKB_GSO_UDP } from "../../abi/features.js";
import { readU8, writeU16 } from "../../skb/bytes.js";
import { EINVAL, EPROTONOSUPPORT, type Errno } from "../../skb/errno.js";
import { kfreeSkbList } from "../../skb/free.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import {
  skbPullInner,
  skbResetInnerHeaders,
  skbResetMacLen,
  skbResetNetworkHeader,
  skbResetTransportHeaderCareful,
} from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { IPV6_HLEN, IPV6_NEXTHDR, IPV6_PAYLOAD_LEN } from "../../wire/ipv6.js";
import { IP6_MF, IPV6_FRAG_HLEN, IPV6_FRAG_OFF, IPV6_OPT_HDRLEN, IPV6_OPT_NEXTHDR } from "../../wire/ipv6Ext.js";
import { IPPROTO_UDP } from "../../wire/udp.js";
import { skbIsGso } from "../core/features.js";
import { gsoRecursionIncTest, isErr } from "../core/gso.js";
import type { NetDevice } from "../core/NetDevice.js";
import type { NetKernel, Segments } from "../NetKernel.js";
import { ipv6HopoptJumboRemove } from "./hopoptJumbo.js";
import { ip6Find1stfragopt } from "./outputCore.js";

/**
 * `data` is at the IPv6 header.
 *
 * @kernel ipv6_gso_segment net/ipv6/ip6_offload.c v6.12
 */
export function ipv6GsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  skbResetNetworkHeader(skb);
  if (gsoRecursionIncTest(k, skb)) return -EINVAL;
  const jumbo = ipv6HopoptJumboRemove(skb);
  if (jumbo !== 0) return jumbo;
  const nhoff = skb.networkHeader - skb.macHeader;
  if (!pskbMayPull(skb, IPV6_HLEN)) return -EINVAL;

  const encap = skb.cbEncapLevel > 0;
  if (encap) features &= (skb.dev as NetDevice).hwEncFeatures;
  skb.cbEncapLevel += IPV6_HLEN;

  const nexthdr = readU8(skb, skb.networkHeader + IPV6_NEXTHDR);
  skbPullInner(skb, IPV6_HLEN);
  const proto = ipv6GsoPullExthdrs(k, skb, nexthdr);

  const type = skb.shinfo.gsoType;
  const tunnelled = skb.encapsulation && (type & (SKB_GSO_IPXIP4 | SKB_GSO_IPXIP6)) !== 0;
  const udpfrag = proto === IPPROTO_UDP && (type & SKB_GSO_UDP) !== 0 && (tunnelled ? encap : !skb.encapsulation);

  const handler = k.offloads.inet6.get(proto);
  if (handler === undefined || !skbResetTransportHeaderCareful(skb)) return -EPROTONOSUPPORT;
  const segs = handler(k, skb, features);
  if (segs === null) k.gso.restoreNetworkHeader(skb, nhoff);
  if (segs === null || isErr(segs)) return segs;
  const err = finishSegments(segs, nhoff, udpfrag, encap);
  return err !== 0 ? err : segs;
}

/**
 * Steps over extension headers that have an offload entry; a header that is not all there ends the walk.
 *
 * @kernel ipv6_gso_pull_exthdrs net/ipv6/ip6_offload.c v6.12
 */
function ipv6GsoPullExthdrs(k: NetKernel, skb: SkBuff, nexthdr: number): number {
  let proto = nexthdr;
  while (k.offloads.inet6Extensions.has(proto)) {
    if (!pskbMayPull(skb, 8)) break;
    const next = readU8(skb, skb.data + IPV6_OPT_NEXTHDR);
    const len = (readU8(skb, skb.data + IPV6_OPT_HDRLEN) + 1) * 8;
    if (!pskbMayPull(skb, len)) break;
    proto = next;
    skbPullInner(skb, len);
  }
  return proto;
}

function finishSegments(segs: SkBuff, nhoff: number, udpfrag: boolean, encap: boolean): Errno {
  const gsoPartial = (segs.shinfo.gsoType & SKB_GSO_PARTIAL) !== 0;
  let offset = 0;
  for (let skb: SkBuff | null = segs; skb !== null; skb = skb.next) {
    const ipv6h = skb.macHeader + nhoff;
    const payloadLen =
      gsoPartial && skbIsGso(skb)
        ? skb.shinfo.gsoSize + skb.cbMacOffset - (ipv6h + IPV6_HLEN)
        : skb.len - nhoff - IPV6_HLEN;
    writeU16(skb, ipv6h + IPV6_PAYLOAD_LEN, payloadLen & 0xffff);
    skb.networkHeader = ipv6h;
    skbResetMacLen(skb);
    if (udpfrag) {
      const found = ip6Find1stfragopt(skb);
      if (found.err !== 0) {
        kfreeSkbList(segs);
        return found.err;
      }
      const more = skb.next !== null ? IP6_MF : 0;
      writeU16(skb, ipv6h + found.offset + IPV6_FRAG_OFF, offset | more);
      offset += payloadLen - IPV6_FRAG_HLEN;
    }
    if (encap) skbResetInnerHeaders(skb);
  }
  return 0;
}
