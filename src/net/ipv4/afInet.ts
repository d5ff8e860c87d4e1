/** Segmentation below an IPv4 header: the transport handler cuts, then each segment gets a header of its own. */

import { SKB_GSO_PARTIAL, SKB_GSO_TCP_FIXEDID, SKB_GSO_UDP } from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { linearAt, readU8, readU16, writeU16 } from "../../skb/bytes.js";
import { EINVAL, EPROTONOSUPPORT } from "../../skb/errno.js";
import { pskbMayPull } from "../../skb/pullTail.js";
import {
  skbPullInner,
  skbResetInnerHeaders,
  skbResetMacLen,
  skbResetNetworkHeader,
  skbResetTransportHeader,
} from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import {
  IP_DF,
  IP_MF,
  IPV4_CHECK,
  IPV4_FRAG_OFF,
  IPV4_HLEN,
  IPV4_ID,
  IPV4_PROTOCOL,
  IPV4_TOT_LEN,
  IPV4_VERSION_IHL,
} from "../../wire/ipv4.js";
import { skbIsGso } from "../core/features.js";
import { gsoRecursionIncTest, isErr } from "../core/gso.js";
import type { NetDevice } from "../core/NetDevice.js";
import type { NetKernel, Segments } from "../NetKernel.js";

/**
 * `data` is at the IPv4 header. The identification counts up over the segments; fragments of UFO keep it and get
 * offsets instead.
 *
 * @kernel inet_gso_segment net/ipv4/af_inet.c v6.12
 */
export function inetGsoSegment(k: NetKernel, skb: SkBuff, features: number): Segments {
  skbResetNetworkHeader(skb);
  if (gsoRecursionIncTest(k, skb)) return -EINVAL;
  const nhoff = skb.networkHeader - skb.macHeader;
  if (!pskbMayPull(skb, IPV4_HLEN)) return -EINVAL;
  const at = skb.networkHeader;
  const ihl = (readU8(skb, at + IPV4_VERSION_IHL) & 0xf) * 4;
  if (ihl < IPV4_HLEN) return -EINVAL;
  const id = readU16(skb, at + IPV4_ID);
  const proto = readU8(skb, at + IPV4_PROTOCOL);
  if (!pskbMayPull(skb, ihl)) return -EINVAL;
  skbPullInner(skb, ihl);

  const encap = skb.cbEncapLevel > 0;
  if (encap) features &= (skb.dev as NetDevice).hwEncFeatures;
  skb.cbEncapLevel += ihl;
  skbResetTransportHeader(skb);

  let udpfrag = false;
  let fixedid = false;
  if (!skb.encapsulation || encap) {
    const type = skb.shinfo.gsoType;
    udpfrag = (type & SKB_GSO_UDP) !== 0;
    fixedid = (type & SKB_GSO_TCP_FIXEDID) !== 0;
    if (fixedid && k.gso.fixedIdNeedsDf() && !(readU16(skb, skb.networkHeader + IPV4_FRAG_OFF) & IP_DF))
      return -EPROTONOSUPPORT;
  }

  const handler = k.offloads.inet.get(proto);
  const segs = handler === undefined ? -EPROTONOSUPPORT : handler(k, skb, features);
  if (segs === null) k.gso.restoreNetworkHeader(skb, nhoff);
  if (segs === null || isErr(segs)) return segs;
  finishSegments(segs, { nhoff, ihl, id, encap, udpfrag, fixedid });
  return segs;
}

interface Ipv4Plan {
  readonly nhoff: number;
  readonly ihl: number;
  readonly id: number;
  readonly encap: boolean;
  readonly udpfrag: boolean;
  readonly fixedid: boolean;
}

function finishSegments(segs: SkBuff, plan: Ipv4Plan): void {
  const gsoPartial = (segs.shinfo.gsoType & SKB_GSO_PARTIAL) !== 0;
  let id = plan.id;
  let offset = 0;
  for (let skb: SkBuff | null = segs; skb !== null; skb = skb.next) {
    const iph = skb.macHeader + plan.nhoff;
    let totLen = skb.len - plan.nhoff;
    if (plan.udpfrag) {
      const more = skb.next !== null ? IP_MF : 0;
      writeU16(skb, iph + IPV4_FRAG_OFF, (offset >>> 3) | more);
      offset += skb.len - plan.nhoff - plan.ihl;
    } else if (skbIsGso(skb)) {
      if (!plan.fixedid) {
        writeU16(skb, iph + IPV4_ID, id & 0xffff);
        id += skb.shinfo.gsoSegs;
      }
      if (gsoPartial) totLen = skb.shinfo.gsoSize + skb.cbMacOffset - iph;
    } else if (!plan.fixedid) {
      writeU16(skb, iph + IPV4_ID, id & 0xffff);
      id++;
    }
    writeU16(skb, iph + IPV4_TOT_LEN, totLen & 0xffff);
    ipSendCheck(skb, iph);
    if (plan.encap) skbResetInnerHeaders(skb);
    skb.networkHeader = iph;
    skbResetMacLen(skb);
  }
}

/** Recomputes the header checksum. @kernel ip_send_check include/net/ip.h */
export function ipSendCheck(skb: SkBuff, iph: number): void {
  const len = (readU8(skb, iph + IPV4_VERSION_IHL) & 0xf) * 4;
  // The sum without the field itself, so that one store suffices.
  const field = readU16(skb, iph + IPV4_CHECK);
  const sum = csumPartial(skb.mem.arena.bytes, linearAt(skb, iph, len), len, 0xffff - field);
  writeU16(skb, iph + IPV4_CHECK, csumFold(sum));
}
