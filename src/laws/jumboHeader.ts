/** The header in which BIG TCP says its length (RFC 2675): segmentation takes it off before anything else. */
import { SKB_GSO_TCPV6 } from "../abi/features.js";
import { concat } from "../bytes/concat.js";
import type { SkbView } from "../recipe/Run.js";
import { ETH_P_IPV6 } from "../wire/ethernet.js";
import { IPV6_HLEN, IPV6_NEXTHDR } from "../wire/ipv6.js";
import { HOP_JUMBO_HLEN, HOP_JUMBO_TLV_TYPE, IPV6_TLV_JUMBO, NEXTHDR_HOP } from "../wire/ipv6Ext.js";
import { IPPROTO_TCP } from "../wire/tcp.js";
import { parsedLayers } from "./parsedFrame.js";

const MOST_IN_SIXTEEN_BITS = 0xffff;

/** The bytes of a packet that is about to be cut, without its jumbo header; themselves when it has none to take off. */
export function withoutJumboHeader(bytes: Uint8Array, { len, shinfo, protocol }: SkbView): Uint8Array {
  if (len <= MOST_IN_SIXTEEN_BITS || (shinfo.gsoType & SKB_GSO_TCPV6) === 0) return bytes;
  // Behind a tag nobody looks for it, and every segment keeps it: ipv6-rest-unchanged tells of that.
  if (protocol !== ETH_P_IPV6) return bytes;
  const [layer] = parsedLayers(bytes);
  if (layer?.version !== 6 || bytes[layer.l3Offset + IPV6_NEXTHDR] !== NEXTHDR_HOP) return bytes;
  const at = layer.l3Offset + IPV6_HLEN;
  // In front of other extension headers it is taken for one of them, and stays as well.
  if (bytes[at] !== IPPROTO_TCP || bytes[at + HOP_JUMBO_TLV_TYPE] !== IPV6_TLV_JUMBO) return bytes;
  const short = concat([bytes.subarray(0, at), bytes.subarray(at + HOP_JUMBO_HLEN)]);
  short[layer.l3Offset + IPV6_NEXTHDR] = IPPROTO_TCP;
  return short;
}
